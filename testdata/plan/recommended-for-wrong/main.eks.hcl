# A service account the add-on has not, a constraint without a cluster, and neither version nor cluster.

stack "platform" {}

role "ebs" {
  recommended_for {
    addon           = "aws-ebs-csi-driver"
    service_account = "ebs-csi-controler-sa"
    version         = "v1.30.0-eksbuild.1"
  }
}

role "cni" {
  recommended_for {
    addon           = "vpc-cni"
    service_account = "aws-node"
    version         = "latest"
  }
}

role "adot" {
  recommended_for {
    addon           = "adot"
    service_account = "traces"
  }
}
