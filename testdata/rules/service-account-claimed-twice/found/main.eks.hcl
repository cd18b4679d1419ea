# EKS puts the add-on into the namespace of the other association.

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
  namespace       = "kube-system"
  service_account = "aws-node"
  role_arn        = role.cni.arn
}
