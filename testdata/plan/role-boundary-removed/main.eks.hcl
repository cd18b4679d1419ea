# Removing the line removes the boundary, last.

stack "platform" {}

role "app" {
  managed_policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
}
