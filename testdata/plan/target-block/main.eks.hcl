# A block without key stands for all its instances, also those that are gone from the files; other orphans stay.

stack "platform" {}

role "app" {
  for_each    = toset(["blue", "green"])
  name        = each.key
  description = "new"
}

role "other" { description = "new" }
