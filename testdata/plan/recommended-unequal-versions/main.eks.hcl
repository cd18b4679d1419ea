# Two versions of an add-on for which EKS recommends different policies cannot share the account's role.

stack "platform" {}

addon "east" {
  name         = "vpc-cni"
  cluster      = "east"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}

addon "west" {
  name         = "vpc-cni"
  cluster      = "west"
  version      = "v1.20.0-eksbuild.1"
  pod_identity = "recommended"
}
