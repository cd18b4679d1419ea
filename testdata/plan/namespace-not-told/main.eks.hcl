# AWS does not tell the namespace of an add-on of old: no difference.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  namespace = "kube-system"
}
