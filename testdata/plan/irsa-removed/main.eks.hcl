# The role for service accounts is taken away.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
