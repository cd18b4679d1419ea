# Every attribute of a cluster.

stack "platform" {}

cluster "demo" {
  version                       = "1.33"
  role_arn                      = "arn:aws:iam::123456789012:role/cluster"
  enabled_log_types             = ["api", "audit"]
  deletion_protection           = true
  bootstrap_self_managed_addons = false
  vpc {
    subnet_ids              = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
    security_group_ids      = ["sg-0a1b2c3d4e5f60001"]
    endpoint_private_access = true
    public_access_cidrs     = ["192.0.2.0/24"]
  }
  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = false
  }
  auto_mode {
    enabled       = true
    node_pools    = ["general-purpose"]
    node_role_arn = "arn:aws:iam::123456789012:role/nodes"
  }
  encryption_config {
    key_arn = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
  kubernetes_network_config {
    ip_family = "ipv6"
  }
  remote_network_config {
    remote_node_networks { cidrs = ["10.80.0.0/16"] }
    remote_pod_networks { cidrs = ["10.81.0.0/16"] }
  }
  upgrade_policy { support_type = "STANDARD" }
  zonal_shift { enabled = true }
  control_plane_scaling_config { tier = "tier-xl" }
  tags = { team = "shop" }
}
