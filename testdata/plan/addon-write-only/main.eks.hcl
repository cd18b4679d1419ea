# What AWS does not return is never a difference.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  resolve_conflicts_on_update = "OVERWRITE"
  preserve                    = true
}
