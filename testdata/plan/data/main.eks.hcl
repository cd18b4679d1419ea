# What exists outside of the stack: a cluster, a role under for_each, the caller, versions of add-ons.

stack "platform" {}

data "cluster" "shared" {
  name = "demo"
}

data "role" "team" {
  for_each = toset(["orders", "payments"])
  name     = "team-${each.key}"
}

data "caller_identity" "me" {}

data "addon_version" "cni" {
  addon              = "vpc-cni"
  kubernetes_version = data.cluster.shared.version
}

data "addon_version" "newest" {
  addon              = "vpc-cni"
  kubernetes_version = data.cluster.shared.version
  most_recent        = true
}

pod_identity_association "team" {
  for_each        = data.role.team
  cluster         = data.cluster.shared.name
  namespace       = "shop"
  service_account = each.key
  role_arn        = each.value.arn
}

addon "vpc-cni" {
  cluster = data.cluster.shared
  version = data.addon_version.cni.version
}

output "me" {
  value = "${data.caller_identity.me.account_id} in ${data.caller_identity.me.region}"
}

output "newest" {
  value = data.addon_version.newest.version
}

output "issuer" {
  value = data.cluster.shared.oidc_issuer
}
