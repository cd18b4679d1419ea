addon "vpc-cni" {
  kubernetes_version = "1.32"
  constraint         = "default"
  version            = "v1.19.0-eksbuild.1"
  partition          = "aws"
  region             = "us-east-2"
}

addon "vpc-cni" {
  kubernetes_version = "1.33"
  constraint         = "default"
  version            = "v1.19.0-eksbuild.1"
  partition          = "aws"
  region             = "us-west-2"
}
