# A role within the add-on, one beside it, and one through IRSA.

stack "platform" {}

role "cni" {
  managed_policies = ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
}

addon "vpc-cni" {
  cluster = "demo"
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.cni.arn
  }
}

role "ebs" {
  managed_policies = ["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"]
}

addon "aws-ebs-csi-driver" {
  cluster = "demo"
}

pod_identity_association "ebs-csi-controller-sa" {
  cluster         = "demo"
  namespace       = "kube-system"
  service_account = "ebs-csi-controller-sa"
  role_arn        = role.ebs.arn
}

role "efs" {
  managed_policies = ["arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"]
  trust { service = "ec2.amazonaws.com" }
}

addon "aws-efs-csi-driver" {
  cluster = "demo"
  service_account_role_arn = role.efs.arn
}
