# Everything is ignored but ownership.

stack "platform" {}

role "application" {
  name        = "app"
  description = "files"
  path        = "/x/"
  lifecycle { ignore_changes = all }
}
