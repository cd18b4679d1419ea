# A role is deleted after the update that stops using it.

stack "platform" {}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.b.arn
}

role "b" {}
