# One instance is released, another deleted; without the flag what is removed is deleted.

stack "platform" {}

role "other" {}

removed {
  from = role.app["blue"]
  lifecycle { destroy = false }
}

removed {
  from = role.gone
}
