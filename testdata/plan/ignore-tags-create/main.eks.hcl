# At creation the files set what they say.

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
  tags = { "cost:center" = "1" }
}
