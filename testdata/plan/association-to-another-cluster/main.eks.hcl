# An association moves to another cluster.

stack "platform" {}

pod_identity_association "orders" {
  cluster         = "blue"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = "arn:aws:iam::123456789012:role/orders"
}
