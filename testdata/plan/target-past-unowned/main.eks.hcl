# What is not the stack's stands in the way only of what is planned.

stack "platform" {}

role "app" {
  for_each    = toset(["blue", "green"])
  name        = each.key
  description = "new"
}

role "other" { description = "new" }
