# A new label changes nothing but a tag.

stack "platform" {}

role "application" {
  name = "app"
}
