# Two accounts: each has its own role of one name.

stack "platform" {}

provider "aws" {
  region = "us-east-2"
}

provider "aws" {
  alias  = "prod"
  region = "us-east-2"
}

role "app" {}

role "prod" {
  provider = aws.prod
  name     = "app"
}
