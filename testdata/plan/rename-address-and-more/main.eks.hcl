# A new label and another change in one update.

stack "platform" {}

role "application" {
  name        = "app"
  description = "new"
}
