# Another service account: the new association comes before the old one goes.

stack "platform" {}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders-v2"
  role_arn        = "arn:aws:iam::123456789012:role/orders"
}
