stack "platform" {}

role "app" {
  lifecycle {
    precondition {
      condition     = self.path == "/"
      error_message = "Never."
    }
  }
}
