# The same name in another namespace.

stack "platform" {}

role "cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.cni.arn
  }
}

pod_identity_association "aws-node" {
  cluster         = "demo"
  namespace       = "other"
  service_account = "aws-node"
  role_arn        = role.cni.arn
}
