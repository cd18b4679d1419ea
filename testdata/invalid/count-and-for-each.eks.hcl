stack "demo" {}

role "app" {
  count    = 2
  for_each = toset(["a"])
  name     = "x"
}
