# The stand-alone association goes before the add-on makes its own.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
