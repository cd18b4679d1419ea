# A released association still uses its role.

stack "platform" {}

role "kept" {}

removed {
  from = pod_identity_association.orders
  lifecycle { destroy = false }
}
