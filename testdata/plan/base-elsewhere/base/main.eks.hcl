stack "platform" {}

provider "aws" { region = "us-east-2" }

role "app" {}
