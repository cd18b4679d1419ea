stack "platform" {}

variable "x" {
  default = 1
}

role "one" {}

role "many" {
  for_each = toset(["a"])
  name     = "many-${each.key}"
}

role "app" {
  lifecycle {
    replace_triggered_by = [
      var.x,
      "role.one",
      role.missing,
      role.one["a"],
      role.many.path,
      role.one.pth,
      role.many[each.key],
    ]
  }
}

role "other" {
  lifecycle { replace_triggered_by = role.one }
}
