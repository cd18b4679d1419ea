# Made anew with another role: the old role goes once the old add-on is gone.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/new"
  }
}
