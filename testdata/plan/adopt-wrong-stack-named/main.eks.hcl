# Consent to take it from one stack is none to take it from another.

stack "platform" {}

role "app" {}

adopt {
  to         = role.app
  from_stack = "older"
}
