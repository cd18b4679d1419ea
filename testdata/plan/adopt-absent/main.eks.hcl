# What does not exist is created, with or without consent to adopt.

stack "platform" {}

adopt {
  to = role.app
}

role "app" {}
