stack "platform" {}

role "app" {
  lifecycle {
    postcondition {
      condition     = self.pth == "/"
      error_message = "${role.other.name}"
    }
  }
}
