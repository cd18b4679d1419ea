# Of two service accounts one gets another role, a third comes.

stack "platform" {}

addon "adot" {
  cluster = "demo"
  pod_identity_association {
    service_account = "adot-col-prom-metrics"
    role_arn        = "arn:aws:iam::123456789012:role/new"
  }
  pod_identity_association {
    service_account = "adot-col-otlp-ingest"
    role_arn        = "arn:aws:iam::123456789012:role/otlp"
  }
  pod_identity_association {
    service_account = "adot-col-container-logs"
    role_arn        = "arn:aws:iam::123456789012:role/logs"
  }
}
