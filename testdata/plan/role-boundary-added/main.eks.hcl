# A boundary limits the role before anything widens it.

stack "platform" {}

role "app" {
  permissions_boundary = "arn:aws:iam::123456789012:policy/limit"
  managed_policies     = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
}
