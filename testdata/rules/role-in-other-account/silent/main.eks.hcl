# The other account's role is the target.

stack "platform" {}

role "orders" {
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
  target_role_arn = "arn:aws:iam::210987654321:role/orders"
}
