# An add-on that runs already gets its permissions: one UpdateAddon, and the add-on stays.

stack "association-later" {}

provider "aws" {
  region = "us-east-2"
}

variable "subnet_ids" {
  type    = list(string)
  default = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
}

# The first apply of the walkthrough sets this to false. In a stack of your own you would add the block later.
variable "permissions" {
  type    = bool
  default = true
}

role "cluster" {
  name             = "demo-cluster"
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"]
  trust { service = "eks.amazonaws.com" }
}

cluster "demo" {
  version  = "1.30"
  role_arn = role.cluster.arn
  vpc { subnet_ids = var.subnet_ids }
}

role "vpc_cni" {
  name             = "AmazonEKSPodIdentityAmazonVPCCNIRole"
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

addon "vpc-cni" {
  cluster = cluster.demo.name
  version = "v1.19.0-eksbuild.1"

  dynamic "pod_identity_association" {
    for_each = var.permissions ? { aws-node = role.vpc_cni.arn } : {}
    content {
      service_account = pod_identity_association.key
      role_arn        = pod_identity_association.value
    }
  }
}
