# A module stands for everything in it, under every key.

stack "platform" {}

locals {
  workloads = {
    orders   = { namespace = "shop", policies = ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"] }
    payments = { namespace = "bank", policies = [] }
  }
}

role "cluster" {
  trust { service = "eks.amazonaws.com" }
}

cluster "demo" {
  version  = "1.33"
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0a", "subnet-0b"] }
}

module "workload" {
  for_each = local.workloads
  source   = "./modules/workload"

  cluster   = cluster.demo
  name      = each.key
  namespace = each.value.namespace
  policies  = each.value.policies
}

# After everything in the modules, and after one of them by its output.
role "reader" {
  description = join(" ", values(module.workload)[*].role_name)
  trust { service = "ec2.amazonaws.com" }
  depends_on = [module.workload]
}

output "roles" {
  value = { for name, workload in module.workload : name => workload.role_arn }
}

output "orders" {
  value = module.workload["orders"].role_arn
}
