variable "names" { type = list(string) }

module "role" {
  count  = length(var.names)
  source = "../role"
  name   = "${var.names[count.index]}-${count.index}"
}

module "extra" {
  source = "../role"
  name   = "extra"
  parent = module.role[0].arn
}

output "arns" { value = module.role[*].arn }
