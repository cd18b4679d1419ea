# Data that depends on what changes is read only while applying; what uses it comes after both.

stack "platform" {}

role "changes" {
  description = "new"
}

role "stays" {}

data "role" "late" {
  name       = "other"
  depends_on = [role.changes]
}

data "role" "at-once" {
  name       = "other"
  depends_on = [role.stays]
}

role "late" {
  description = data.role.late.description
}

role "at-once" {
  description = data.role.at-once.description
}

output "late" {
  value = data.role.late.path
}
