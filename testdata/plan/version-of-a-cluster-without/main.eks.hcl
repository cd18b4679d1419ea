# A cluster that gets its version from AWS: which add-on version is its default cannot be known.

stack "platform" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc {
    subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  }
}

addon "vpc-cni" {
  cluster = cluster.demo
  version = "default"
}
