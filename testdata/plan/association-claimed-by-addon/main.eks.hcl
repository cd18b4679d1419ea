# Declared by hand while an add-on that nobody manages owns it.

stack "platform" {}

pod_identity_association "aws_node" {
  cluster         = "demo"
  namespace       = "kube-system"
  service_account = "aws-node"
  role_arn        = "arn:aws:iam::123456789012:role/cni"
}
