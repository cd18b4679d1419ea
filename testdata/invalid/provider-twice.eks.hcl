stack "demo" {}

provider "aws" {
  region = "us-east-2"
}

provider "aws" {
  region = "us-west-2"
}
