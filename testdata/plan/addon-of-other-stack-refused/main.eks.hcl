# An add-on of another stack, without consent.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
