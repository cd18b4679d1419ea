stack "demo" {}

region = "us-east-2"
