# The cluster of that name is declared for another region.

stack "platform" {}

provider "aws" {
  region = "us-east-2"
}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

cluster "demo" {
  provider = aws.west
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

addon "vpc-cni" {
  provider = aws
  cluster  = "demo"
}
