stack "platform" {}

variable "team" {}

role "app" { description = var.team }
