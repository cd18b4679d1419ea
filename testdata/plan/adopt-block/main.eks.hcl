# With an adopt block; what else it would change is listed.

stack "platform" {}

adopt {
  to = role.app
}

role "app" {
  managed_policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
}
