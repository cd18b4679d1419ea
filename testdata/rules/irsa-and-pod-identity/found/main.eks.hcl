# IRSA on the add-on, and an association beside it.

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
      values   = ["system:serviceaccount:kube-system:aws-node"]
    }
  }
}

addon "vpc-cni" {
  cluster = "demo"
  service_account_role_arn = role.irsa.arn
}

pod_identity_association "aws-node" {
  cluster         = "demo"
  namespace       = "kube-system"
  service_account = "aws-node"
  role_arn        = role.cni.arn
}
