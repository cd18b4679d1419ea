# What is declared is not removed.

stack "platform" {}

role "kept" {}

removed {
  from = role.kept
  lifecycle { destroy = false }
}
