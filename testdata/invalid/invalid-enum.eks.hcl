stack "demo" {}

cluster "demo" {
  role_arn          = "arn:aws:iam::123456789012:role/cluster"
  enabled_log_types = ["api", "audt"]
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001"] }
  upgrade_policy { support_type = "LONG" }
}
