# A version that EKS does not have.

stack "platform" {}

# eksform:ignore addon-needs-iam the nodes have the permissions
addon "vpc-cni" {
  cluster = "demo"
  version = "v1.21.9-eksbuild.1"
}
