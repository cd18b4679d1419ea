# To destroy is no way to replace.

stack "platform" {}

role "app" {
  for_each    = toset(["blue", "green"])
  name        = each.key
  description = "new"
}

role "other" { description = "new" }
