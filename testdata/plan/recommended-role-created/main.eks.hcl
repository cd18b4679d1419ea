# The add-on and its role are missing: the role is made first and goes along in the add-on's one call.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}

output "role" {
  value = addon.vpc-cni.pod_identity_association["aws-node"].role_arn
}
