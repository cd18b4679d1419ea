# The role through IAM roles for service accounts changes.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  service_account_role_arn = "arn:aws:iam::123456789012:role/new"
}
