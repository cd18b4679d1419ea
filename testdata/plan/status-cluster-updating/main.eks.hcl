# A cluster that AWS is updating, and an update of an add-on.

stack "platform" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

addon "vpc-cni" {
  cluster = cluster.demo
  version = "v1.20.1-eksbuild.1"
}
