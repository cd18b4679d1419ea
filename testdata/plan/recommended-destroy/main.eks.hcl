# Everything goes but the role of the account, and the plan says so; the stack's own recommended role goes.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "default"
  pod_identity = "recommended"
}

addon "adot" {
  cluster      = "demo"
  pod_identity = "recommended"
  recommended {}
}
