# DEGRADED is a finding, no change.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
