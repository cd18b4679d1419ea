stack "demo" {}

provider "aws" {
  region              = "us-east-2"
  allowed_account_ids = ["123456789012"]
}
