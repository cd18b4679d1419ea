stack "demo" {}

addon "vpc-cni" {
  cluster = null
}
