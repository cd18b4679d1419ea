# A failed update of which nothing differs is a finding.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
}
