# A file of the stack is read as part of the snapshot.

stack "platform" {}

role "app" {
  inline_policies = { p = file("policy.json") }
}
