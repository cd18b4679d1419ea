stack "demo" {}

role "app" {}

adopt {
  to = role.ap
}
