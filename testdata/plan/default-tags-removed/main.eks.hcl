# A default tag that is no longer written goes from everything.

stack "platform" {}

provider "aws" {
  region       = "us-east-2"
  default_tags = { team = "platform" }
}

role "app" {}

addon "vpc-cni" {
  cluster = "demo"
}
