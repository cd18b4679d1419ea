# Conditions in a module name the instance, and where the module is called.

stack "platform" {}

module "workload" {
  source   = "./modules/workload"
  for_each = { blue = 3600, green = 7200 }
  name     = each.key
  seconds  = each.value
}

role "after" {
  description = module.workload["green"].arn
}
