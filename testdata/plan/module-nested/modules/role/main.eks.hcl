variable "name" { type = string }
variable "parent" {
  type    = string
  default = null
}

role "this" {
  name        = var.name
  description = var.parent
  trust { service = "ec2.amazonaws.com" }
}

output "arn" { value = role.this.arn }
