output "role_arn" { value = role.app.arn }
output "role_name" { value = role.app.name }
