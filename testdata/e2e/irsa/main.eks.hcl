stack "platform" {}

provider "aws" {
  region = "us-east-2"
}

locals {
  issuer = "oidc.eks.us-east-2.amazonaws.com/id/AAAA"
}

# The network needs permissions of its own.
addon "vpc-cni" {
  cluster                  = "demo"
  service_account_role_arn = role.demo-cni.arn
}

role "demo-cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]

  trust {
    federated = "arn:aws:iam::123456789012:oidc-provider/${local.issuer}"

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.issuer}:sub"
      values   = ["system:serviceaccount:kube-system:aws-node"]
    }
  }
}
