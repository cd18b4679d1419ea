# The roles of our own pods, by service account of the namespace "shop".

locals {
  workloads = {
    orders = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
      resources = ["arn:aws:dynamodb:us-east-2:123456789012:table/orders"]
    }
    invoices = {
      actions   = ["s3:GetObject", "s3:PutObject"]
      resources = ["arn:aws:s3:::shop-invoices/*"]
    }
  }
}

role "workload" {
  for_each = local.workloads
  name     = "${var.cluster_name}-${each.key}"
  inline_policies = {
    access = {
      Version = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = each.value.actions
        Resource = each.value.resources
      }]
    }
  }
}

pod_identity_association "workload" {
  for_each        = local.workloads
  cluster         = cluster.main.name
  namespace       = "shop"
  service_account = each.key
  role_arn        = role.workload[each.key].arn
}
