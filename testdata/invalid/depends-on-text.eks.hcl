stack "demo" {}

role "app" {
  depends_on = ["role.web"]
}

role "web" {}
