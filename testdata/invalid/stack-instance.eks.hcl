stack "demo" {
  instance = var.env
}

variable "env" {
  default = "a b"
}
