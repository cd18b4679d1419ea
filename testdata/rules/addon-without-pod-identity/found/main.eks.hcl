# A version from before associations.

stack "platform" {}

role "adot" {
}

addon "adot" {
  cluster = "demo"
  version = "v0.92.1-eksbuild.1"
  pod_identity_association {
    service_account = "adot-col-otlp-ingest"
    role_arn        = role.adot.arn
  }
}
