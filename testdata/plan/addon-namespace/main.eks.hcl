# The namespace cannot change in place.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  namespace = "networking"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
