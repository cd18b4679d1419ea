# prevent_destroy refuses a destroy.

stack "platform" {}

role "app" {
  lifecycle { prevent_destroy = true }
}
