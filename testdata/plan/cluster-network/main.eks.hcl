# The service addresses are fixed at creation.

stack "platform" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
  kubernetes_network_config { service_ipv4_cidr = "10.100.0.0/16" }
}
