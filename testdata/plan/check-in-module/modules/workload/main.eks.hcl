variable "name" {}

role "app" {
  name = "app-${var.name}"
}

check "name" {
  data "role" "same" {
    name = "other-${var.name}"
  }
  assert {
    condition     = data.role.same.path == role.app.path
    error_message = "The path of ${data.role.same.name} is ${data.role.same.path}."
  }
}
