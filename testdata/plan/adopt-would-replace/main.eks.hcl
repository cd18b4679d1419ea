# Adopting what would have to be replaced is shown as what it is.

stack "platform" {}

role "app" {
  path = "/x/"
}
