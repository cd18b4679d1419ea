stack "demo" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_associations {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
