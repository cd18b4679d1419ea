# The default is older than what is live: no downgrade.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "default"
}
