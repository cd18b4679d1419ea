stack "demo" {}

role "app" {
  trust_policy = { Version = "2012-10-17", Statement = [for i in range(80) : { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "1234567890${10 + i}" } }] }
}
