# An ephemeral variable is taken as a sensitive one.

stack "platform" {}

variable "token" {
  default   = "geheim-123"
  ephemeral = true
}

role "app" {
  description = "token ${var.token}"
}
