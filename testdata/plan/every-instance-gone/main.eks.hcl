# A for_each over nothing deletes everything: as dangerous as an empty file.

stack "platform" {}

role "app" {
  for_each = {}
  name     = each.key
}
