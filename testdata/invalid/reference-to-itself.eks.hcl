stack "demo" {}

role "a" {
  description = role.a.arn
}
