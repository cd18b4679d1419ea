stack "demo" {}

pod_identity_association "app" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "app"
  role_arn        = "arn:aws:iam::123456789012:role/app"
  policy          = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] }
}
