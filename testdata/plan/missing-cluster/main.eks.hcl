# The cluster is neither declared nor in the account.

stack "platform" {}

addon "vpc-cni" {
  cluster = "dmo"
}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}
