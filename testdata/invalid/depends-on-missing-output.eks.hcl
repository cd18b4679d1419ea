stack "platform" {}

output "x" {
  value      = 1
  depends_on = [role.missing]
}

data "cluster" "demo" {
  depends_on = ["role.app", role.nowhere]
}
