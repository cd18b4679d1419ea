# The cluster and the role were made elsewhere: nothing but the add-on is made.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/AmazonEKSPodIdentityAmazonVPCCNIRole"
  }
}
