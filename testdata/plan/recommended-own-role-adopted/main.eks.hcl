# A role of the name that the stack's own recommended role has exists, and is adopted under the role's derived address.

stack "platform" {}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
  recommended { role_name = "cni" }
}

adopt {
  to = role.recommended["cni"]
}
