# What is removed without being destroyed loses eksform's tags, and nothing else.

stack "platform" {}

role "kept" {}

removed {
  from = addon.vpc-cni
  lifecycle { destroy = false }
}

removed {
  from = role.vpc_cni
  lifecycle { destroy = false }
}

removed {
  from = pod_identity_association.orders
  lifecycle { destroy = false }
}

removed {
  from = role.orders
  lifecycle { destroy = false }
}

removed {
  from = cluster.demo
  lifecycle { destroy = false }
}

removed {
  from = role.cluster
  lifecycle { destroy = false }
}

removed {
  from = addon.eks-pod-identity-agent
  lifecycle { destroy = false }
}

removed {
  from = role.gone
  lifecycle { destroy = false }
}
