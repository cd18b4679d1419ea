stack "demo" {}

role "app" {
  arn = "arn:aws:iam::123456789012:role/app"
}
