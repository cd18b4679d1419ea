# A condition is added to the trust policy.

stack "platform" {}

role "app" {
  trust {
    service = "pods.eks.amazonaws.com"
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["123456789012"]
    }
  }
}
