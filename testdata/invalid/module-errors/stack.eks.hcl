stack "platform" {}

module "app" {
  source = "./modules/role"
  nmae   = "app"
  tags   = ["a"]
}

module "many" {
  for_each = toset(["x", "y"])
  source   = "./modules/role"
  name     = each.key
  version  = "1.0"
}

module "unknown" {
  source = "./modules/role"
  name   = role.nothing.name
  tags   = { each = each.key }
}

locals {
  a = module.app.ran
  b = module.ap.arn
  c = module.many.arn
  d = module.many["x"].name
  e = module
}

role "west" {
  provider   = aws.west
  depends_on = [module.nobody]
}
