# Consent to adopt what is nobody's is none to take it from a stack.

stack "platform" {}

adopt {
  to = role.app
}

role "app" {}
