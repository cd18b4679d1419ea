# Declared by hand and in the add-on.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
  namespace = "kube-system"
}

pod_identity_association "aws_node" {
  cluster         = "demo"
  namespace       = "kube-system"
  service_account = "aws-node"
  role_arn        = "arn:aws:iam::123456789012:role/cni"
}
