# Nothing differs, but AWS is still making it: it is waited for.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
