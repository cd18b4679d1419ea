# Tags are nothing to a pod.

stack "platform" {}

role "orders" {
}

role "other" {
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
  tags = { team = "shop" }
}
