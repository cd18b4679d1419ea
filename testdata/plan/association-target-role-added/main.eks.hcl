# A target role brings an external id.

stack "platform" {}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = "arn:aws:iam::123456789012:role/orders"
  target_role_arn = "arn:aws:iam::210987654321:role/orders"
}
