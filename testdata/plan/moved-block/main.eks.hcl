# A moved block is not needed.

stack "platform" {}

moved {
  from = role.old
  to   = role.app
}

role "app" {}
