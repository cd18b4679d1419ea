# A sensitive value is never shown.

stack "platform" {}

variable "token" {
  type      = string
  sensitive = true
}

addon "vpc-cni" {
  cluster = "demo"
  configuration_values = { auth = { token = var.token }, replicas = 2 }
}

output "token" {
  value     = var.token
  sensitive = true
}
