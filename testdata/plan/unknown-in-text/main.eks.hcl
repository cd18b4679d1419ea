# What is known only after apply, inside text of another.

stack "platform" {}

cluster "demo" {
  role_arn = "arn:aws:iam::123456789012:role/cluster"
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }
}

role "app" {
  trust_policy = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/${trimprefix(cluster.demo.oidc_issuer, "https://")}" }
    }]
  }
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = cluster.demo.endpoint }] })
  }
  tags = { endpoint = cluster.demo.endpoint, fixed = "yes" }
}
