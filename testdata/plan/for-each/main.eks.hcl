# Instances by key: one is new, one goes, one stays.

stack "platform" {}

role "app" {
  for_each    = { api = "the API", web = "the web" }
  name        = "shop-${each.key}"
  description = each.value
}

pod_identity_association "app" {
  for_each        = role.app
  cluster         = "demo"
  namespace       = "shop"
  service_account = each.key
  role_arn        = each.value.arn
}
