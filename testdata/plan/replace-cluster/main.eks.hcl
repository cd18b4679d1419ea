# Replacing a cluster takes its members along, and needs to be allowed.

stack "platform" {}

role "cluster" {
  trust { service = "eks.amazonaws.com" }
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
}

cluster "demo" {
  version  = "1.33"
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

addon "eks-pod-identity-agent" {
  cluster = cluster.demo
}

role "vpc_cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

addon "vpc-cni" {
  cluster = cluster.demo
  version = "v1.19.0-eksbuild.1"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.vpc_cni.arn
  }
}

role "orders" {}

pod_identity_association "orders" {
  cluster         = cluster.demo
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.orders.arn
}

output "role" {
  value = role.orders.arn
}

output "endpoint" {
  value = cluster.demo.endpoint
}
