# The cluster fits the condition.

stack "platform" {}

role "orders" {
  trust {
    service = "pods.eks.amazonaws.com"
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:aws:eks:*:123456789012:cluster/de*"]
    }
  }
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
