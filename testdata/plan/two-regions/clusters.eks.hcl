# Two providers: members go where their cluster is, roles are one for the account.

stack "platform" {}

provider "aws" {
  region = "us-east-2"
}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

cluster "east" {
  name     = "demo"
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

cluster "west" {
  provider = aws.west
  name     = "west"
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0b1b2c3d4e5f60001", "subnet-0b1b2c3d4e5f60002"] }
}
