# The role has other policies of AWS only.

stack "platform" {}

role "cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"]
}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.cni.arn
  }
}
