# The version was fine for 1.33.

stack "platform" {}

cluster "demo" {
  version  = "1.34"
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

# eksform:ignore addon-needs-iam the nodes have the permissions
addon "vpc-cni" {
  cluster = cluster.demo.name
  version = "v1.19.0-eksbuild.1"
}
