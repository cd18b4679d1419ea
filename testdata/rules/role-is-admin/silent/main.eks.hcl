# The role with all permissions is no pod's.

stack "platform" {}

role "orders" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"]
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}

role "admin" {
  managed_policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
  trust { aws = "123456789012" }
}
