# An add-on that was never made right is replaced.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
}
