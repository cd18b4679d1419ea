# An orphan is planned if it is named: by its recorded address, or by kind and AWS name.

stack "platform" {}

role "app" {
  for_each    = toset(["blue", "green"])
  name        = each.key
  description = "new"
}

role "other" { description = "new" }
