# prevent_destroy refuses a replacement.

stack "platform" {}

role "app" {
  path = "/x/"
  lifecycle { prevent_destroy = true }
}
