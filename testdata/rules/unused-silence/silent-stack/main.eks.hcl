# Above the stack block a silence holds for everything.

# eksform:ignore addon-needs-iam the nodes have the permissions
stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
