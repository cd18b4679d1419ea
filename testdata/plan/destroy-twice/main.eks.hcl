# AWS is deleting the cluster already: the rest waits for it.

stack "platform" {}

cluster "demo" {
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

role "cluster" {
  trust { service = "eks.amazonaws.com" }
}
