# Of two add-ons one is asked for: the role it needs comes along, the other's does not.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}

addon "adot" {
  cluster      = "demo"
  version      = "v0.94.1-eksbuild.1"
  pod_identity = "recommended"
}
