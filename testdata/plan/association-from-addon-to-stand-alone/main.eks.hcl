# The add-on lets go of the association before it is made anew.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}

pod_identity_association "aws_node" {
  cluster         = "demo"
  namespace       = "kube-system"
  service_account = "aws-node"
  role_arn        = "arn:aws:iam::123456789012:role/cni"
}
