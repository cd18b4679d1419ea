# Lets eksform take over what exists already. Once that is applied, this file can go.

adopt {
  to = role.demo
}

adopt {
  to = role.AmazonEKSPodIdentityAmazonVPCCNIRole
}

adopt {
  to = role.demo-cluster
}

adopt {
  to = role.ebs-irsa
}

adopt {
  to = cluster.demo
}

adopt {
  to = addon.aws-ebs-csi-driver
}

adopt {
  to = addon.vpc-cni
}

adopt {
  to = pod_identity_association.workloads
}

adopt {
  to = pod_identity_association.nightly
}
