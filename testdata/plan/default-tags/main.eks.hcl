# Tags of the provider are everybody's; the object's own win.

stack "platform" {}

provider "aws" {
  region       = "us-east-2"
  default_tags = { team = "platform", cost = "1" }
}

role "app" {
  tags = { cost = "2" }
}

role "web" {}
