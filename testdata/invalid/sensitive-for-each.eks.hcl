stack "demo" {}

variable "names" {
  type      = set(string)
  default   = ["a"]
  sensitive = true
}

role "app" {
  for_each = var.names
  name     = each.key
}
