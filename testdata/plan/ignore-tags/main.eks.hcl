# Tags that others look after are neither set right nor taken off.

stack "platform" {}

provider "aws" {
  region = "us-east-2"
  default_tags = { team = "platform" }
  ignore_tags {
    keys         = ["LastScanned"]
    key_prefixes = ["kubernetes.io/", "cost:"]
  }
}

role "app" {
  tags = { "cost:center" = "1", name = "app" }
}
