# An add-on is adopted with the association it owns: only its tags are written.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}

adopt {
  to = addon.vpc-cni
}
