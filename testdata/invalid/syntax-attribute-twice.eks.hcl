stack "demo" {}

role "app" {
  description = "a"
  description = "b"
}
