data "role" "other" {
  name = "other"
}

output "description" {
  value = data.role.other.description
}
