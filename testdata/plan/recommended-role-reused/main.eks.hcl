# The account has the role already, under a path, with more than is recommended: it is taken as it is.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}
