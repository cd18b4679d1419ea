stack "demo" {}

role "a" {
  path = "x"
}
