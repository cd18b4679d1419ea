# AWS ignores the case of role names: the same role.

stack "platform" {}

role "orders" {
  name = "Orders"
}
