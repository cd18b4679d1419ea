# Data whose arguments are known only after apply is read only while applying.

stack "platform" {}

role "first" {}

data "role" "other" {
  name = role.first.unique_id
}

role "second" {
  description = data.role.other.description
}
