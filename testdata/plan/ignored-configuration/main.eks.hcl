# Ignored settings may drift, an association may not.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
  configuration_values = { replicas = 2 }
  lifecycle { ignore_changes = [configuration_values, version] }
}
