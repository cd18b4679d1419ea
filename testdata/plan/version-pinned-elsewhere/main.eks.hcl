# A pin for another region or Kubernetes version does not count.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "default"
}
