variable "team" {}

variable "size" { type = number }

stack "platform" {}

role "app" { description = var.team }
