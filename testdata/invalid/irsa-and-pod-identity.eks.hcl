stack "demo" {}

addon "vpc-cni" {
  cluster                  = "demo"
  service_account_role_arn = "arn:aws:iam::123456789012:role/cni"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
