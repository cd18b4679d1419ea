# The walkthrough of AWS's launch post: an add-on and its IAM permissions in one operation.

stack "pod-identity" {}

provider "aws" {
  region = "us-east-2"
}

variable "subnet_ids" {
  type    = list(string)
  default = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
}

role "cluster" {
  name = "demo-cluster"
  trust { service = "eks.amazonaws.com" }
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
}

cluster "demo" {
  version  = "1.30"
  role_arn = role.cluster.arn
  vpc { subnet_ids = var.subnet_ids }
}

# Without a trust block a role is one for EKS Pod Identity: pods.eks.amazonaws.com may assume it and tag
# the session.
role "vpc_cni" {
  name             = "AmazonEKSPodIdentityAmazonVPCCNIRole"
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

addon "vpc-cni" {
  cluster = cluster.demo.name
  version = "v1.19.0-eksbuild.1"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.vpc_cni.arn
  }
}
