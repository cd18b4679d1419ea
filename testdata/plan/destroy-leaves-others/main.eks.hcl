# What other stacks and people own stays.

stack "platform" {}

role "app" {}
role "free" {}
pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.app.arn
}
