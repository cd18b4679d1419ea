stack "demo" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc {
    subnet_ids          = ["subnet-0a1b2c3d4e5f60001"]
    public_access_cidrs = ["10.0.0.0/33", "192.0.2.0/24"]
  }
}
