stack "demo" {}

role "app" {
  description = "never closed
}

role "web" {}
