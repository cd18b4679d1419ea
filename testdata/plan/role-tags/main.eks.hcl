# Tags of a role.

stack "platform" {}

role "app" {
  tags = { team = "shop" }
}
