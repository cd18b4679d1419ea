# The same from another stack, on the command line.

stack "platform" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

addon "vpc-cni" {
  cluster = cluster.demo
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}

role "orders" {}

pod_identity_association "orders" {
  cluster         = cluster.demo
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}
