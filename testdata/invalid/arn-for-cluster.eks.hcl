stack "demo" {}

addon "vpc-cni" {
  cluster = "arn:aws:eks:us-east-2:123456789012:cluster/demo"
}
