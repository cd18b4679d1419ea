# Without a trust block a role is one for pods.

stack "platform" {}

role "orders" {
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
