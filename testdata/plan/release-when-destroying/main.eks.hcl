# What is removed stays also when all the rest goes.

stack "platform" {}

role "kept" {}

removed {
  from = role.orders
  lifecycle { destroy = false }
}
