# A service account moves from one add-on to another.

stack "platform" {}

addon "old" {
  cluster = "demo"
}

addon "new" {
  cluster = "demo"
  pod_identity_association {
    service_account = "agent"
    role_arn        = "arn:aws:iam::123456789012:role/agent"
  }
}
