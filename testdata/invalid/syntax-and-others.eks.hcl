stack "demo" {}

role "app" {
  description = 
}

role "web" {
  descripton = "x"
}

pod_identity_association "app" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "app"
  role_arn        = role.app.arn
}
