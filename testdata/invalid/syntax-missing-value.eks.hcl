stack "demo" {}

role "app" {
  description =
}
