stack "demo" {}

role "a" {
  description = role.b.arn
}

role "b" {
  description = local.c
}

locals {
  c = role.a.arn
}
