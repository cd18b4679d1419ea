# Outputs: known, unknown and without any change.

stack "platform" {}

role "app" {}

output "arn" {
  value = role.app.arn
}

output "id" {
  value = role.app.unique_id
}
