# Instances wait for just those that their references name: by each.key, by a literal, by what is known when
# planning, and also through modules.
stack "platform" {}

locals {
  teams    = toset(["blue", "green"])
  opposite = { blue = "green", green = "blue" }
}

role "app" {
  for_each = local.teams
  name     = "app-${each.key}"
}

# The same key.
role "same" {
  for_each             = local.teams
  name                 = "same-${each.key}"
  permissions_boundary = "arn:aws:iam::aws:policy/PowerUserAccess"
  description          = role.app[each.key].unique_id
}

# Made from all instances, each for one.
role "chained" {
  for_each    = role.same
  name        = "chained-${each.key}"
  description = each.value.unique_id
}

# A key that is known when planning.
role "other" {
  for_each    = local.teams
  name        = "other-${each.key}"
  description = role.app[local.opposite[each.key]].unique_id
}

# A key inside of an expression with names of its own: that may be any.
role "all" {
  name        = "all"
  description = join(" ", [for key in local.teams : role.app[key].unique_id])
}

module "workload" {
  source   = "./modules/workload"
  for_each = local.teams
  name     = each.key
  origin   = role.same[each.key].unique_id
}

# One instance of a module, by a literal and by the same key.
role "literal" {
  name        = "literal"
  description = module.workload["green"].id
}

role "after" {
  for_each    = local.teams
  name        = "after-${each.key}"
  description = module.workload[each.key].id
}

# One of several by number.
role "counted" {
  count = 2
  name  = "counted-${count.index}"
}

role "numbered" {
  count       = 2
  name        = "numbered-${count.index}"
  description = role.counted[count.index].unique_id
}
