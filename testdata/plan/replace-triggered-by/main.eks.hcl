# What changes replaces what names it: as a whole, by attribute, by key. What does not change replaces nothing.

stack "platform" {}

role "base" {
  description = "new"
}

role "whole" {
  lifecycle { replace_triggered_by = [role.base] }
}

role "by-attribute" {
  lifecycle { replace_triggered_by = [role.base.description] }
}

role "other-attribute" {
  lifecycle { replace_triggered_by = [role.base.path, role.base.tags["team"]] }
}

role "team" {
  for_each    = { blue = "new", green = "old" }
  name        = "team-${each.key}"
  description = each.value
}

role "follows" {
  for_each = toset(["blue", "green"])
  name     = "follows-${each.key}"

  lifecycle { replace_triggered_by = [role.team[each.key]] }
}

role "follows-all" {
  lifecycle { replace_triggered_by = [role.team] }
}

role "second" {
  description = "changes as well"

  lifecycle { replace_triggered_by = [role.whole] }
}

role "created" {
  lifecycle { replace_triggered_by = [role.base] }
}

role "only-tags" {
  lifecycle { replace_triggered_by = [role.renamed] }
}

role "renamed" {}
