# A block under for_each is adopted as a whole; an instance named by itself goes first.

stack "platform" {}

adopt {
  to = role.app
}

adopt {
  to         = role.app["web"]
  from_stack = "web"
}

adopt {
  to = pod_identity_association.none
}

role "app" {
  for_each = toset(["api", "jobs", "web"])
  name     = each.key
}

pod_identity_association "none" {
  for_each        = toset([])
  cluster         = "demo"
  namespace       = "shop"
  service_account = each.key
  role_arn        = role.app[each.key].arn
}
