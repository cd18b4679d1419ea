stack "demo" {}

role "app" {}

output "x" {
  value = role.app.anr
}
