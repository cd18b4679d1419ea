# Variables are the same; what the base does not know is left out.

stack "platform" {}

variable "team" {}

variable "new" {}

role "app" { description = "${var.team} ${var.new}" }
