stack "demo" {}

provider "aws" {
  region       = "us-east-2"
  default_tags = { "aws:x" = "y" }
}

role "app" {}
