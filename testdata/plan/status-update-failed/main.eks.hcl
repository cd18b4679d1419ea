# A failed update whose attributes differ is sent again.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.20.1-eksbuild.1"
}
