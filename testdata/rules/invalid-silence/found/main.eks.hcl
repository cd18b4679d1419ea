# Without a reason, and without a rule.

stack "platform" {}

# eksform:ignore addon-needs-iam
addon "vpc-cni" {
  cluster = "demo"
}

# eksform:ignore addon-need-iam the nodes have it
addon "adot" {
  cluster = "demo"
}
