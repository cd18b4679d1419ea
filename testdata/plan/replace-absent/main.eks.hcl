# What does not exist is simply created; a block stands for all its instances.

stack "platform" {}

role "app" {
  for_each    = toset(["blue", "green"])
  name        = each.key
  description = "new"
}

role "other" { description = "new" }
