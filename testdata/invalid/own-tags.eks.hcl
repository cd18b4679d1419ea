stack "demo" {}

role "app" {
  tags = { "eksform:stack" = "other" }
}
