stack "platform" {}

role "app" {
  lifecycle {
    precondition {
      condition     = "maybe"
      error_message = "Never."
    }
    precondition {
      condition     = null
      error_message = "Never."
    }
    precondition {
      condition     = true
      error_message = { not = "text" }
    }
  }
}
