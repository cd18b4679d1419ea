# AssumeRole alone does not carry session tags.

stack "platform" {}

role "orders" {
}

role "data" {
  trust { aws = role.orders.arn }
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
  target_role_arn = role.data.arn
}
