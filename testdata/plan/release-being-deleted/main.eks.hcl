# What AWS is deleting already cannot be kept.

stack "platform" {}

role "kept" {}

removed {
  from = addon.vpc-cni
  lifecycle { destroy = false }
}
