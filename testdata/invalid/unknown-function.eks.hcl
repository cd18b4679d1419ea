stack "demo" {}

role "app" {
  description = uper("x")
}
