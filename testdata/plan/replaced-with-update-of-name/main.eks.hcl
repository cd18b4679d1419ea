# A replacement keeps the order of a rename: new first.

stack "platform" {}

role "app" {
  name = "app-v2"
  path = "/x/"
}
