# EKS recommends nothing and nothing is needed: a note.

stack "platform" {}

addon "coredns" {
  cluster      = "demo"
  version      = "default"
  pod_identity = "recommended"
}
