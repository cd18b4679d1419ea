stack "demo" {}

variable "sa" {
  default   = "aws-node"
  sensitive = true
}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = var.sa
    role_arn        = "arn:aws:iam::123456789012:role/cni"
  }
}

role "app" {
  name = var.sa
}
