# All groups of an add-on in one update.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version              = "v1.20.1-eksbuild.1"
  configuration_values = { replicas = 3 }
  tags                 = { team = "net" }
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
