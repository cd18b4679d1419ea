stack "demo" {}

locals {
  names = ["a"]
}

role "app" {
  name = local.names[1]
}
