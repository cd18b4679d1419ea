stack "demo" {}

addon "vpc-cni" {
  cluster = "demo"
  verison = "v1.19.0-eksbuild.1"
}
