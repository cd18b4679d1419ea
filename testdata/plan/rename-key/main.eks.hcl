# A key of for_each is renamed: the same object, another address.

stack "platform" {}

role "app" {
  for_each = { "blue/green" = "app" }
  name     = each.value
}
