stack "demo" {}

pod_identity_association "app" {
  cluster   = "demo"
  namespace = "shop"
}
