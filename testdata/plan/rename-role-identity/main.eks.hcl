# Another role name: new role, association moved to it, old role deleted.

stack "platform" {}

role "orders" {
  name = "orders-v2"
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
