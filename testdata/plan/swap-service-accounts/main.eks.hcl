# Two add-ons swap their service accounts: each would have to let go first.

stack "platform" {}

addon "a" {
  cluster = "demo"
  pod_identity_association {
    service_account = "x"
    role_arn        = "arn:aws:iam::123456789012:role/x"
  }
}

addon "b" {
  cluster = "demo"
  pod_identity_association {
    service_account = "y"
    role_arn        = "arn:aws:iam::123456789012:role/y"
  }
}

role "app" {
  depends_on = [addon.a]
}
