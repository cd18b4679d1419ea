# What is being deleted may be anybody's.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
