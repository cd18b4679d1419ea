# What uses a module's output comes after what the output depends on.

stack "platform" {}

module "base" {
  source = "./modules/base"
}

role "app" {
  description = module.base.text
}
