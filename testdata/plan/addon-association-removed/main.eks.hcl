# Removing the block removes the association.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
