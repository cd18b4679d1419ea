# Another role for pods that run.

stack "platform" {}

role "orders" {
}

role "other" {
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.other.arn
}
