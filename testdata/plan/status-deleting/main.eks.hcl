# AWS is deleting it: wait, then create.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
}
