# An association of that name in another namespace is none of the add-on's.

stack "platform" {}

addon "vpc-cni" {
  cluster   = "demo"
  namespace = "kube-system"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
