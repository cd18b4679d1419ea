# depends_on orders what no attribute does.

stack "platform" {}

role "app" {
  depends_on = [role.web]
}

role "web" {}
