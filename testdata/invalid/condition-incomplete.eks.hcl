stack "platform" {}

role "app" {
  lifecycle {
    precondition {
      condition = true
    }
    postcondition {
      condition     = true
      error_mesage  = "Misspelt."
    }
    precond {
      condition = true
    }
  }
}

output "x" {
  value = 1

  precondition {
    error_message = "No condition."
  }
}
