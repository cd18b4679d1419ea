stack "platform" {}

module "registry" {
  source  = "terraform-aws-modules/eks/aws"
  version = "~> 20.0"
}

module "nothing" {}

module "misspelt" {
  source = "./modules/rol"
}

module "variable" {
  source = var.source
}

module "far" {
  source = "../../../../../../../../../../far"
}

module "block" {
  source = "./modules/role"
  tags {}
}

module "block" {
  source    = "./modules/role"
  providers = { aws = aws.west }
}
