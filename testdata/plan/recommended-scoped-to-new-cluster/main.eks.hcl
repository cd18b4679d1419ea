# A role whose conditions name a cluster does not wait for the cluster to be made.

stack "platform" {}

role "cluster" {
  trust { service = "eks.amazonaws.com" }
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
}

cluster "blue" {
  version  = "1.33"
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

addon "vpc-cni" {
  cluster      = cluster.blue
  version      = "default"
  pod_identity = "recommended"
  recommended { scope_to_cluster = true }
}
