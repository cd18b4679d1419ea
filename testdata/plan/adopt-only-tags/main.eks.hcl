# Nothing differs: only the tags are written.

stack "platform" {}

adopt {
  to = role.app
}

role "app" {}
