stack "demo" {}

locals {
  names = ["a"]
}

role "app" {
  description = "names: ${local.names}"
}
