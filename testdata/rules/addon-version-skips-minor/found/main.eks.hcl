# From 1.18 to 1.20.

stack "platform" {}

# eksform:ignore addon-needs-iam the nodes have the permissions
addon "vpc-cni" {
  cluster = "demo"
  version = "v1.20.1-eksbuild.1"
}
