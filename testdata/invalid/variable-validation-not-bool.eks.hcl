stack "demo" {}

variable "env" {
  default = "dev"
  validation {
    condition     = var.env
    error_message = "x"
  }
}
