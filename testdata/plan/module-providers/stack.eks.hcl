# A module called in two accounts: each instance's objects belong to the provider the call names.

stack "platform" {}

provider "aws" {
  region = "us-east-2"
}

provider "aws" {
  alias  = "prod"
  region = "us-east-2"
}

module "here" {
  source    = "./modules/region"
  providers = { aws.other = aws.prod }
}

module "there" {
  source    = "./modules/region"
  providers = { aws = aws.prod, aws.other = aws }
  name      = "b"
}
