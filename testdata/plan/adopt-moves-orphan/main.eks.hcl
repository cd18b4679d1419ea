# An adopted object takes the address of an orphan.

stack "platform" {}

adopt {
  to = role.app
}

role "app" {
  name = "made-by-hand"
}
