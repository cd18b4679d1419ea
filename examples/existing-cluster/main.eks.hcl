# The cluster and the role exist already, made by some other tool: the stack holds nothing but the add-on.
# Whatever it only names, it neither tags nor changes.

stack "existing-cluster" {}

provider "aws" {
  region = "us-east-2"
}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/AmazonEKSPodIdentityAmazonVPCCNIRole"
  }
}
