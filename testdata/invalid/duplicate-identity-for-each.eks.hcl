stack "demo" {}

role "app" {
  for_each = toset(["a", "b"])
  name     = "app"
}
