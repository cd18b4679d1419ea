# Two clusters' add-ons share the account's role; a service account with a block of its own gets no other role.

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

addon "cni_blue" {
  name         = "vpc-cni"
  cluster      = cluster.blue
  version      = "default"
  pod_identity = "recommended"
}

addon "vpc-cni" {
  cluster      = "demo"
  pod_identity = "recommended"
}

role "metrics" {}

addon "adot" {
  cluster      = "demo"
  version      = "v0.94.1-eksbuild.1"
  pod_identity = "recommended"
  pod_identity_association {
    service_account = "metrics"
    role_arn        = role.metrics.arn
  }
}
