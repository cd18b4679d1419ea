# A postcondition is about what will be: the live value where nothing changes, the new one where something does.

stack "platform" {}

role "stays" {
  lifecycle {
    postcondition {
      condition     = startswith(self.unique_id, "AIDA")
      error_message = "${self.name} has the id ${self.unique_id}."
    }
  }
}

role "changes" {
  max_session_duration = 7200

  lifecycle {
    postcondition {
      condition     = self.max_session_duration <= 3600
      error_message = <<-EOT
        Sessions last an hour at most,
        not ${self.max_session_duration} seconds.
      EOT
    }
  }
}

data "cluster" "shared" {
  name = "demo"

  lifecycle {
    postcondition {
      condition     = self.version == "1.99"
      error_message = "${self.name} runs ${self.version}."
    }
  }
}

output "id" {
  value = role.stays.unique_id

  precondition {
    condition     = false
    error_message = "Never."
  }
}
