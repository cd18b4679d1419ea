# Workloads of one's own may share: what they need is theirs to say.

stack "platform" {}

role "shop" {
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.shop.arn
}

pod_identity_association "carts" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "carts"
  role_arn        = role.shop.arn
}
