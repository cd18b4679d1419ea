# The account's role can be assumed under conditions: they hold for one add-on's cluster and not for the other's.

stack "platform" {}

addon "demo" {
  name         = "vpc-cni"
  cluster      = "demo"
  version      = "default"
  pod_identity = "recommended"
}

addon "other" {
  name         = "vpc-cni"
  cluster      = "other"
  version      = "default"
  pod_identity = "recommended"
}
