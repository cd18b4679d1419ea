# The last instance of an aliased provider is gone: its region is still searched.

stack "platform" {}

provider "aws" {
  alias  = "west"
  region = "us-west-2"
}

role "app" {
  provider = aws.west
}
