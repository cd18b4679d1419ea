stack "demo" {}

role "app" {
  description "x"
}
