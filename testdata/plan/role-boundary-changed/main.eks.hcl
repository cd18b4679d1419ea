# Another boundary.

stack "platform" {}

role "app" {
  permissions_boundary = "arn:aws:iam::123456789012:policy/new"
}
