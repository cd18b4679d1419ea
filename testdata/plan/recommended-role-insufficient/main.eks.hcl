# The account's role of that name lacks the policy, and Pod Identity cannot tag sessions with it.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}
