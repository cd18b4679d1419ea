variable "name" {}

variable "seconds" {}

role "app" {
  name                 = "app-${var.name}"
  max_session_duration = var.seconds

  lifecycle {
    precondition {
      condition     = var.seconds > 3600 || var.name != "blue"
      error_message = "${var.name} needs more than ${var.seconds} seconds."
    }
  }
}

output "arn" {
  value = role.app.arn

  precondition {
    condition     = role.app.max_session_duration < 7200
    error_message = "${var.name} has ${role.app.max_session_duration} seconds."
  }
}
