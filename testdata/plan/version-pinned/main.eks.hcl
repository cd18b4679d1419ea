# What is pinned is not asked for: no versions are in the snapshot.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "default"
}
