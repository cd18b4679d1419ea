stack "platform" {}

role "app" {
  description = local.nothing
}
