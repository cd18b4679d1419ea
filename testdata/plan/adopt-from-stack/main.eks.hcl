# Taken over from the stack that is named.

stack "platform" {}

adopt {
  to         = role.app
  from_stack = "legacy"
}

role "app" {}
