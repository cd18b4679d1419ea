# The condition asks for another namespace.

stack "platform" {}

role "orders" {
  trust {
    service = "pods.eks.amazonaws.com"
    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-namespace"
      values   = ["store"]
    }
  }
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
