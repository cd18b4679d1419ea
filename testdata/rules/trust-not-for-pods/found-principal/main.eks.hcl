# The role is for EC2.

stack "platform" {}

role "orders" {
  trust { service = "ec2.amazonaws.com" }
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
