# Everything of a module.

stack "platform" {}

role "kept" {}

removed {
  from = module.eu
  lifecycle { destroy = false }
}
