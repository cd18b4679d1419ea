stack "demo" {}

role "app" {
  trust { service = "ec2.amazonaws.com" }
  trust_policy = { Version = "2012-10-17", Statement = [] }
}
