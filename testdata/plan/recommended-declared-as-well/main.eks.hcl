# The recommended role's name is declared by a block too.

stack "platform" {}

role "cni" {
  name             = "AmazonEKSPodIdentityAmazonVPCCNIRole"
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "v1.19.0-eksbuild.1"
  pod_identity = "recommended"
}
