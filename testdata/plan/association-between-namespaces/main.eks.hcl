# One service account name in two namespaces is two associations.

stack "platform" {}

pod_identity_association "a" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = "arn:aws:iam::123456789012:role/orders"
}

pod_identity_association "b" {
  cluster         = "demo"
  namespace       = "test"
  service_account = "orders"
  role_arn        = "arn:aws:iam::123456789012:role/orders"
}
