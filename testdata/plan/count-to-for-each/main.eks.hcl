# From numbers to keys: the same names, so only tags.

stack "platform" {}

role "app" {
  for_each = toset(["app-0", "app-1"])
  name     = each.key
}
