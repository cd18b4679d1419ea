# default and latest stand for what EKS offers for the cluster's Kubernetes version, and never move an add-on back.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "default"
}

addon "coredns" {
  cluster = "demo"
  version = "latest"
}

addon "kube-proxy" {
  cluster = "demo"
  version = "default"
}
