role "policy" {}

output "text" {
  value      = "written out"
  depends_on = [role.policy]
}
