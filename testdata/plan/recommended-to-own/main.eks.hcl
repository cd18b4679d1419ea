# A recommended block comes to an add-on that had the account's role: a role of its own, and the account's stays.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  pod_identity = "recommended"
  recommended {}
}
