stack "demo" {}

variable "token" {
  default   = "x"
  sensitive = true
}

output "token" {
  value = "token ${var.token}"
}
