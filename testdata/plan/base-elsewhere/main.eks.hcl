# A stack in another region says nothing about this one.

stack "platform" {}

provider "aws" { region = "us-west-2" }

role "app" {}
