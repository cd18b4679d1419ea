stack "platform" {}

module "m" {
  source = "./m"
}

module "again" {
  source = "./m"
}
