stack "demo" {}

role "app" {
  description = "for ${upper("x")"
}
