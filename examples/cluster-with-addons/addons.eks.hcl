# Without the agent pods get no credentials.
addon "eks-pod-identity-agent" {
  cluster = cluster.main.name
}

addon "kube-proxy" {
  cluster = cluster.main.name
}

role "vpc_cni" {
  name             = "${var.cluster_name}-vpc-cni"
  managed_policies = ["${local.managed}/AmazonEKS_CNI_Policy"]
}

addon "vpc-cni" {
  cluster = cluster.main.name
  configuration_values = {
    env = { ENABLE_PREFIX_DELEGATION = "true" }
  }
  pod_identity_association {
    service_account = "aws-node"
    role_arn        = role.vpc_cni.arn
  }
}

# The two below run on nodes: until the cluster has some, AWS shows them as DEGRADED, which eksform notes and
# does not wait for.
addon "coredns" {
  cluster              = cluster.main.name
  configuration_values = { replicaCount = 2 }
}

role "ebs_csi" {
  name             = "${var.cluster_name}-ebs-csi"
  managed_policies = ["${local.managed}/service-role/AmazonEBSCSIDriverPolicy"]
}

addon "aws-ebs-csi-driver" {
  cluster = cluster.main.name
  pod_identity_association {
    service_account = "ebs-csi-controller-sa"
    role_arn        = role.ebs_csi.arn
  }
}
