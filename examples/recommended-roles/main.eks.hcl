# A cluster with its add-ons and the agent, each with the permissions EKS recommends for it.

stack "recommended-roles" {}

provider "aws" {
  region = "us-east-2"
}

variable "subnet_ids" {
  type    = list(string)
  default = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
}

role "cluster" {
  name             = "demo-cluster"
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
  trust { service = "eks.amazonaws.com" }
}

cluster "demo" {
  version  = "1.33"
  role_arn = role.cluster.arn
  vpc { subnet_ids = var.subnet_ids }
}

# Some need no permissions: for these EKS recommends none, and they get none.
addon "all" {
  for_each = toset([
    "eks-pod-identity-agent",
    "kube-proxy",
    "coredns",
    "vpc-cni",
    "aws-ebs-csi-driver",
    "aws-efs-csi-driver",
  ])
  name         = each.key
  cluster      = cluster.demo.name
  version      = "default"
  pod_identity = "recommended"
}

output "roles" {
  value = { for name, addon in addon.all : name => [for account in addon.pod_identity_association : account.role_arn] }
}
