stack "demo" {}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

role "app" {
  provider = aws.wset
}
