stack "demo" {}

pod_identity_association "app" {
  cluster         = "demo"
  namespace       = ""
  service_account = "App_1"
  role_arn        = "arn:aws:iam::123456789012:role/app"
}
