# A module that calls a module next to it, twice; count; a value that comes out through two calls.

stack "platform" {}

module "eu" {
  source = "./modules/region"
  names  = ["a", "b"]
}

role "last" {
  description = module.eu.arns[1]
}
