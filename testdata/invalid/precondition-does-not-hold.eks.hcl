stack "platform" {}

variable "size" {
  default = 3
}

role "app" {
  lifecycle {
    precondition {
      condition     = var.size > 3
      error_message = "The size has to be more than 3, not ${var.size}."
    }
  }
}

output "x" {
  value = 1

  precondition {
    condition     = var.size == 4
    error_message = "Only 4 will do."
  }
}
