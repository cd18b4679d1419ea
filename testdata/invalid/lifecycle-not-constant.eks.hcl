stack "demo" {}

variable "keep" {
  default = true
}

role "app" {
  lifecycle { prevent_destroy = var.keep }
}
