# Policies written as blocks, under the names people know, merged by sid, and with parts known only after apply.

stack "platform" {}

data "policy_document" "base" {
  statement {
    sid       = "read"
    actions   = ["s3:ListBucket", "s3:GetObject"]
    resources = ["arn:aws:s3:::orders", "arn:aws:s3:::orders/*"]
  }
}

data "aws_iam_policy_document" "orders" {
  for_each                = toset(["eu", "us"])
  source_policy_documents = [data.policy_document.base.json]

  statement {
    sid       = "write"
    actions   = ["s3:PutObject"]
    resources = ["arn:aws:s3:::orders/${each.key}/&{aws:PrincipalTag/kubernetes-service-account}/*"]

    dynamic "condition" {
      for_each = { "aws:RequestedRegion" = ["${each.key}-*"] }
      content {
        test     = "StringLike"
        variable = condition.key
        values   = condition.value
      }
    }
  }
}

data "policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]
    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }
  }
}

data "iam_policy_document" "cluster" {
  statement {
    actions   = ["eks:DescribeCluster"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/issuer"
      values   = [cluster.demo.oidc_issuer]
    }
  }
}

cluster "demo" {
  version  = "1.33"
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

role "orders" {
  for_each        = data.aws_iam_policy_document.orders
  name            = "orders-${each.key}"
  trust_policy    = data.policy_document.trust.json
  inline_policies = { s3 = each.value.json }
}

role "reader" {
  inline_policies = { cluster = data.iam_policy_document.cluster.json }
}
