# Sets are equal in any order, however often an element is named.

stack "platform" {}

cluster "demo" {
  enabled_log_types = ["audit", "api", "audit"]
  role_arn         = "arn:aws:iam::123456789012:role/cluster"
  vpc {
    subnet_ids          = ["subnet-0a1b2c3d4e5f60002", "subnet-0a1b2c3d4e5f60001"]
    public_access_cidrs = ["10.1.0.0/16", "10.0.0.0/16"]
  }
}

role "app" {
  managed_policies = ["arn:aws:iam::aws:policy/b", "arn:aws:iam::aws:policy/a"]
}
