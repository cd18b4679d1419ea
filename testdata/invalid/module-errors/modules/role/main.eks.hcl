variable "name" {
  type = string
  validation {
    condition     = length(var.name) > 1
    error_message = "The name is too short."
  }
}

variable "tags" {
  type    = map(string)
  default = {}
}

role "this" {
  name        = var.name
  description = var.descripton
  provider    = aws.west
  tags        = merge(var.tags, { path = "${local.path}" })
}

output "arn" {
  value = upper(role.this.arn)
}
