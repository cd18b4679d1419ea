# All other tags are authoritative as ever.

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
  tags = { name = "app" }
}
