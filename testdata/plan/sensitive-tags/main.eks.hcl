# A sensitive tag value, and the tag beside it.

stack "platform" {}

variable "cost" {
  type      = string
  default   = "very-secret-cost"
  sensitive = true
}

role "app" {
  tags = { cost = var.cost, team = "shop" }
}
