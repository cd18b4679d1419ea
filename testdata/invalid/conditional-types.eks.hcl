stack "demo" {}

role "app" {
  tags = true ? { a = "b" } : ["c"]
}
