# The cluster that no file declares is being deleted.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
