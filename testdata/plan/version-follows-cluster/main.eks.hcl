# The cluster's version after this plan decides, not the one before.

stack "platform" {}

cluster "demo" {
  version  = "1.34"
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc {
    subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  }
}

addon "vpc-cni" {
  cluster = cluster.demo
  version = "default"
}
