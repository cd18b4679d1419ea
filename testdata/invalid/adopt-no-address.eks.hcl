stack "demo" {}

adopt {
  to = "role.app"
}
