stack "demo" {}

addon "adot" {
  cluster = "demo"
  pod_identity_association {
    service_account = "adot"
    role_arn        = "arn:aws:iam::123456789012:role/a"
  }
  pod_identity_association {
    service_account = "adot"
    role_arn        = "arn:aws:iam::123456789012:role/b"
  }
}
