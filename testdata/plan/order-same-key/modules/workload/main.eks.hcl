variable "name" { type = string }
variable "origin" { type = string }

role "this" {
  name        = "workload-${var.name}"
  description = var.origin
}

output "id" { value = role.this.unique_id }
