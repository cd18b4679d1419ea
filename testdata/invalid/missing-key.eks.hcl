stack "demo" {}

locals {
  names = { blue = "a" }
}

role "app" {
  name = local.names.bleu
}
