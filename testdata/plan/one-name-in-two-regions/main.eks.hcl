# One cluster name in two regions is two clusters.

stack "platform" {}

provider "aws" {
  region = "us-east-2"
}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

addon "east" {
  cluster = "demo"
  name    = "vpc-cni"
}

addon "west" {
  provider = aws.west
  cluster  = "demo"
  name     = "vpc-cni"
}
