# A service account of a deleted add-on moves to a new one.

stack "platform" {}

addon "new" {
  cluster = "demo"
  pod_identity_association {
    service_account = "agent"
    role_arn        = "arn:aws:iam::123456789012:role/agent"
  }
}
