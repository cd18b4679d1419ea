# Whether the account has the role cannot be read, so nothing is planned.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}
