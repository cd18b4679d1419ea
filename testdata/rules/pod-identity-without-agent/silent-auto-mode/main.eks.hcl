# Auto Mode has the agent built in.

stack "platform" {}

role "orders" {
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
