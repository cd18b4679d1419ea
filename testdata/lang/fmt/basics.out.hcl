# a comment
stack "platform" {
  required_version = ">= 0.1"
}

cluster "demo" {
  version  = "1.33"           # short
  role_arn = role.cluster.arn // longer

  vpc { subnet_ids = var.subnet_ids }
  tags = { a = 1, b = "two"
  "c d" : 3 }
  empty = {}
}
