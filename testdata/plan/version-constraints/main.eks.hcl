# What constraints stand for, without pins: AWS's default, the newest, the newest within bounds.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  version = "default"
}

addon "kube-proxy" {
  cluster = "demo"
  version = "latest"
}

addon "vpc-cni" {
  cluster = "demo"
  version = "~> 1.19.0"
}
