# The role for IRSA is another service account's.

stack "platform" {}

role "cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

role "irsa" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
  trust {
    federated = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-2.amazonaws.com/id/ABC"
    condition {
      test     = "StringEquals"
      variable = "oidc.eks.us-east-2.amazonaws.com/id/ABC:sub"
      values   = ["system:serviceaccount:shop:orders"]
    }
  }
}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.cni.arn
  }
}
