# A policy of one's own may allow the same.

stack "platform" {}

role "cni" {
  managed_policies = ["arn:aws:iam::123456789012:policy/our-cni"]
}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.cni.arn
  }
}
