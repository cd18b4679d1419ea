stack "demo" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association "aws-node" {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
