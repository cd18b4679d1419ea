# EKS recommends nothing: a note where nothing is needed, an error where something is.

stack "platform" {}

addon "coredns" {
  cluster      = "demo"
  version      = "default"
  pod_identity = "recommended"
}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.14.1-eksbuild.1"
  pod_identity = "recommended"
}
