# What depends on another goes before it.

stack "platform" {}

role "kept" {}

role "a" {
  depends_on = [role.b]
}

role "b" {}
