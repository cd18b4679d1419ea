stack "demo" {}

pod_identity_association "app" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "app"
  role_arn        = "arn:aws:iam:us-east-2:123456789012:user/app"
}
