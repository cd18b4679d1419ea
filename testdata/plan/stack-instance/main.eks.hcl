# One directory applied twice: the instance is part of the ownership.

stack "platform" {
  instance = var.env
}

variable "env" {
  type = string
}

role "app" {
  name = "app-${var.env}"
}
