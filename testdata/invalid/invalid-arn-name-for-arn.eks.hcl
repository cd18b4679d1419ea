stack "demo" {}

addon "vpc-cni" {
  cluster                  = "demo"
  service_account_role_arn = "AmazonEKSVPCCNIRole"
}
