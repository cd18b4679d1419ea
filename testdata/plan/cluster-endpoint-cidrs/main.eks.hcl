# Who may reach the public endpoint; omitting it again would open it.

stack "platform" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc {
    subnet_ids          = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
    public_access_cidrs = ["198.51.100.0/24", "192.0.2.0/24"]
  }
}
