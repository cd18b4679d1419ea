# The cluster that no file declares is still being made.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
