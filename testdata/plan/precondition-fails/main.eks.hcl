# Preconditions that do not hold: each instance says so, and what its block would have done wrong is not told.

stack "platform" {}

variable "token" {
  default   = "geheim-123"
  sensitive = true
}

role "app" {
  for_each = toset(["blue", "green", "red"])
  name     = each.key == "green" ? file("missing.txt") : "app-${each.key}"

  lifecycle {
    precondition {
      condition     = each.key != "green"
      error_message = "There is no ${each.key} any more."
    }
    precondition {
      condition     = length(var.token) > 20 || each.key != "red"
      error_message = "The token ${var.token} is too short."
    }
  }
}

role "other" {
  description = role.app["green"].arn
}
