# Every group is a call of its own, the version last.

stack "platform" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
  version             = "1.34"
  enabled_log_types   = ["api"]
  deletion_protection = true
  access_config { authentication_mode = "API" }
  auto_mode { enabled = true }
  encryption_config { key_arn = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555" }
  remote_network_config {
    remote_node_networks { cidrs = ["10.80.0.0/16"] }
  }
  upgrade_policy { support_type = "STANDARD" }
  zonal_shift { enabled = true }
  control_plane_scaling_config { tier = "tier-xl" }
  tags = { team = "shop" }
}
