stack "demo" {}

role "app" {
  name = each.key
}
