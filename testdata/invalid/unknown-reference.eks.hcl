stack "demo" {}

role "vpc_cni" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.vpc-cni.arn
  }
}
