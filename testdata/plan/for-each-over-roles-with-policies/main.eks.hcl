# dynamic blocks and a map of workloads.

stack "platform" {}

locals {
  accounts = { prom = "adot-col-prom-metrics", otlp = "adot-col-otlp-ingest" }
}

role "adot" {
  for_each = local.accounts
  name     = "adot-${each.key}"
}

addon "adot" {
  cluster = "demo"
  dynamic "pod_identity_association" {
    for_each = local.accounts
    content {
      service_account = pod_identity_association.value
      role_arn        = role.adot[pod_identity_association.key].arn
    }
  }
}
