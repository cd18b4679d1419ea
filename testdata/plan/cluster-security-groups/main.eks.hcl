# Further security groups.

stack "platform" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc {
    subnet_ids         = ["subnet-0a1b2c3d4e5f60002", "subnet-0a1b2c3d4e5f60001"]
    security_group_ids = ["sg-0a1b2c3d4e5f60009"]
  }
}
