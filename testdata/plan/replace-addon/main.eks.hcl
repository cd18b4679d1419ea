# What is to be replaced is, although nothing differs.

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

addon "vpc-cni" {
  cluster = cluster.demo
  version = "v1.19.0-eksbuild.1"
}
