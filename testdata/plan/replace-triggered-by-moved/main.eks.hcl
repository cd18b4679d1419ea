# A role under a new name is another role: what names it is replaced.

stack "platform" {}

role "base" {
  name = "new-name"
}

role "app" {
  lifecycle { replace_triggered_by = [role.base] }
}
