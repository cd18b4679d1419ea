stack "demo" {}

provider "aws" {
  regoin = "us-east-2"
  assume_role { arn = "x" }
}
