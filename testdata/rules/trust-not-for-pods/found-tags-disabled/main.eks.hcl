# The condition asks for a tag that is not sent.

stack "platform" {}

role "orders" {
  trust {
    service = "pods.eks.amazonaws.com"
    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-namespace"
      values   = ["shop"]
    }
  }
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
  disable_session_tags = true
}
