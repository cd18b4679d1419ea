# Every attribute of an add-on.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version                     = "v1.19.0-eksbuild.1"
  namespace                   = "networking"
  configuration_values        = { env = { ENABLE_PREFIX_DELEGATION = "true" }, replicas = 2 }
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "PRESERVE"
  preserve                    = true
  tags                        = { team = "net" }
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
