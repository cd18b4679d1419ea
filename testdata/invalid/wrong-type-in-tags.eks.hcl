stack "demo" {}

role "app" {
  tags = { team = ["a", "b"] }
}
