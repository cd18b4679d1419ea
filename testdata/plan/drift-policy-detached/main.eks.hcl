# Somebody detached a managed policy.

stack "platform" {}

role "vpc_cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.vpc_cni.arn
  }
}

role "orders" {}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
