# A newer version, in place.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.20.1-eksbuild.1"
}
