# A version that takes them.

stack "platform" {}

role "adot" {
  managed_policies = ["arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"]
}

addon "adot" {
  cluster = "demo"
  pod_identity_association {
    service_account = "adot-col-otlp-ingest"
    role_arn        = role.adot.arn
  }
}
