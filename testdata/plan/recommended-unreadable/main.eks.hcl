# What EKS recommends cannot be read; another add-on does not exist.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}

addon "vpc-cnj" {
  cluster      = "demo"
  version      = "default"
  pod_identity = "recommended"
}
