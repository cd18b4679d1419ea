# What stays as it is shows in check alone.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
