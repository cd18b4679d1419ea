stack "demo" {}

role "app" {
  description = "%{ if true }yes"
  path        = "/"
}
