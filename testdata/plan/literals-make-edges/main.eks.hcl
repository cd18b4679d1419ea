# A literal cluster name and a literal role ARN order like references.

stack "platform" {}

cluster "main" {
  name     = "demo"
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

role "cluster" {
  trust { service = "eks.amazonaws.com" }
}

role "cni" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}
