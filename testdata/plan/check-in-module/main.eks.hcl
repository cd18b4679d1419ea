# A check in a module is told for every instance of the module, by its address.

stack "platform" {}

module "workload" {
  source   = "./modules/workload"
  for_each = toset(["blue", "green"])
  name     = each.key
}
