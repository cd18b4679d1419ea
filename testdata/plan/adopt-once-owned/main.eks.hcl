# An adopt block is harmless once the object is owned.

stack "platform" {}

adopt {
  to = role.app
}

role "app" {}
