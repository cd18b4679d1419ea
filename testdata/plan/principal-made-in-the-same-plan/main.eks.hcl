# A trust policy names a role of the same plan by its ARN.

stack "platform" {}

role "app" {
  trust { aws = "arn:aws:iam::123456789012:role/ci" }
}

role "ci" {}
