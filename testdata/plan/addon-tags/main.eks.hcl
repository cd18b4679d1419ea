# Tags: one changed, one added, one removed, and AWS's own left alone.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  tags = { team = "net", cost = "42" }
}
