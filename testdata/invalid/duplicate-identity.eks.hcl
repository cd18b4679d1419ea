stack "demo" {}

role "one" {
  name = "app"
}

role "two" {
  name = "App"
}
