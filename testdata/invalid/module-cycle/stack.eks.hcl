stack "platform" {}

module "a" {
  source = "./a"
}

module "self" {
  source = "./"
}

module "circle" {
  source = "./c"
  given  = module.circle.taken
}
