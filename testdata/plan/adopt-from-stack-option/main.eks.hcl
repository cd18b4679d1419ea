# The same on the command line, for one instance of several.

stack "platform" {}

role "app" {
  for_each = toset(["app", "web"])
  name     = each.key
}
