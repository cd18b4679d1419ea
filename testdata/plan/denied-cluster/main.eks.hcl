# A failed read of a cluster that others live in.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
