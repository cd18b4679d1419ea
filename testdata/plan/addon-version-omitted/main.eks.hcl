# An omitted version is left alone.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
