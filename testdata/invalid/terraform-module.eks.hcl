stack "demo" {}

module "eks" {
  source = "./eks"
}
