# Two service accounts; removing one block leaves the other.

stack "platform" {}

addon "adot" {
  cluster = "demo"
  pod_identity_association {
    service_account = "adot-col-prom-metrics"
    role_arn        = "arn:aws:iam::123456789012:role/prom"
  }
}
