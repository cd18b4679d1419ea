# A version that EKS has.

stack "platform" {}

# eksform:ignore addon-needs-iam the nodes have the permissions
addon "vpc-cni" {
  cluster = "demo"
  version = "v1.19.0-eksbuild.1"
}
