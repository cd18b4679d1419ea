# TagSession is missing.

stack "platform" {}

role "orders" {
  trust {
    service = "pods.eks.amazonaws.com"
    actions = ["sts:AssumeRole"]
  }
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
