# A sensitive value cannot name an object: ARNs and messages would show it.

stack "platform" {}

variable "name" {
  type      = string
  default   = "app"
  sensitive = true
}

role "x" {
  name = var.name
}
