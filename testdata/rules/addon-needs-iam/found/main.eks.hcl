# An add-on that needs IAM has no role; one that does not needs none.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}

addon "adot" {
  cluster = "demo"
}
