# Roles of another account, in an association and in an add-on.

stack "platform" {}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = "arn:aws:iam::210987654321:role/orders"
}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::210987654321:role/cni"
  }
}
