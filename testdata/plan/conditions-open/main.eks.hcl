# Conditions on what is known only after apply wait for it, and order what depends on them: the role "through" does
# not change itself, but the role "last" has to wait until its condition can be told.

stack "platform" {}

role "first" {
  lifecycle {
    postcondition {
      condition     = self.unique_id != ""
      error_message = "That is no role."
    }
  }
}

role "through" {
  lifecycle {
    precondition {
      condition     = role.first.unique_id != ""
      error_message = "There has to be a first one."
    }
  }
}

role "last" {
  description = role.through.unique_id
}

output "first" {
  value = role.first.arn

  precondition {
    condition     = role.first.created_at != ""
    error_message = "It has to be there."
  }
}
