stack "demo" {}

role "demo" {}

addon "vpc-cni" {
  cluster = role.demo
}
