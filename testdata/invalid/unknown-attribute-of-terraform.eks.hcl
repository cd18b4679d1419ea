stack "demo" {}

addon "vpc-cni" {
  cluster_name  = "demo"
  addon_version = "v1.19.0-eksbuild.1"
}
