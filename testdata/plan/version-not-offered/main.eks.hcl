# No version on offer satisfies the constraint.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "~> 2.0"
}
