# A path is part of the ARN: delete, then create, and the association follows.

stack "platform" {}

role "orders" {
  path = "/shop/"
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
