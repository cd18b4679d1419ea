# Somebody else's cluster.

stack "platform" {}

# eksform:ignore addon-needs-iam the nodes have the permissions
addon "vpc-cni" {
  cluster = "demo"
}
