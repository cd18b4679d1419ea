# Roles of the stack with the policies EKS recommends, for an exact version and for what a cluster's version leads to.

stack "platform" {}

role "ebs" {
  managed_policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  recommended_for {
    addon           = "aws-ebs-csi-driver"
    service_account = "ebs-csi-controller-sa"
    version         = "v1.30.0-eksbuild.1"
  }
}

role "network" {
  recommended_for {
    addon           = "vpc-cni"
    service_account = "aws-node"
    cluster         = "demo"
  }
  recommended_for {
    addon           = "adot"
    service_account = "traces"
    cluster         = "demo"
    version         = "~> 0.94"
  }
}
