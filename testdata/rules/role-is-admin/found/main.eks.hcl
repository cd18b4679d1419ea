# Everything, by a managed policy and by an inline one.

stack "platform" {}

role "orders" {
  managed_policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}

role "carts" {
  inline_policies = {
    all = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] }
  }
}

pod_identity_association "carts" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "carts"
  role_arn        = role.carts.arn
}
