stack "demo" {}

locals {
  names = ["a"]
}

role "app" {
  description = "%{ for n in local.names }${n}"
}
