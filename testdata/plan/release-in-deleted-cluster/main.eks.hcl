# What is released does not go with its cluster.

stack "platform" {}

role "kept" {}

removed {
  from = addon.vpc-cni
  lifecycle { destroy = false }
}
