# It differs, and AWS is still working on it: wait, then update.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.20.1-eksbuild.1"
}
