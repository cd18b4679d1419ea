# Another key means another cluster; the stack block allows it.

stack "platform" {
  allow_destroy = ["demo"]
}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
  encryption_config { key_arn = "arn:aws:kms:us-east-2:123456789012:key/99999999-2222-3333-4444-555555555555" }
}
