# Two add-ons and a workload with one role.

stack "platform" {}

role "csi" {
  managed_policies = ["arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy", "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy"]
}

addon "aws-ebs-csi-driver" {
  cluster = "demo"
  pod_identity_association {
    service_account = "ebs-csi-controller-sa"
    role_arn        = role.csi.arn
  }
}

addon "aws-efs-csi-driver" {
  cluster = "demo"
  pod_identity_association {
    service_account = "efs-csi-controller-sa"
    role_arn        = role.csi.arn
  }
}

pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = role.csi.arn
}
