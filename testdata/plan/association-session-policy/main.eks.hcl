# A session policy needs the session tags off: one call.

stack "platform" {}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = "arn:aws:iam::123456789012:role/orders"
  disable_session_tags = true
  policy               = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] }
}
