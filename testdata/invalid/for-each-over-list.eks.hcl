stack "demo" {}

role "app" {
  for_each = ["a", "b"]
  name     = each.key
}
