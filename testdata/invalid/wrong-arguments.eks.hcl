stack "demo" {}

role "app" {
  description = replace("x", "y")
}
