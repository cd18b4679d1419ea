# A recommended block without pod_identity, and IRSA beside it.

stack "platform" {}

addon "adot" {
  cluster = "demo"
  recommended { scope_to_cluster = true }
}

addon "vpc-cni" {
  cluster                  = "demo"
  pod_identity             = "recommended"
  service_account_role_arn = "arn:aws:iam::123456789012:role/irsa"
}

addon "coredns" {
  cluster      = "demo"
  pod_identity = "recomended"
}
