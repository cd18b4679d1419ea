# Every attribute of a role: what CreateRole does not carry has a call per element.

stack "platform" {}

role "app" {
  name                 = "Shop-App"
  path                 = "/shop/"
  description          = "What the shop may do"
  max_session_duration = 7200
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  trust {
    sid     = "Nodes"
    service = ["ec2.amazonaws.com", "pods.eks.amazonaws.com"]
  }
  trust {
    aws     = "123456789012"
    actions = ["sts:AssumeRole"]
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["shop"]
    }
  }
  managed_policies = [
    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    "arn:aws:iam::123456789012:policy/shop",
  ]
  inline_policies = {
    queue = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] }
    table = jsonencode({ Version = "2012-10-17", Statement = { Effect = "Allow", Action = ["dynamodb:GetItem"], Resource = "*" } })
  }
  tags = { team = "shop" }
}
