stack "demo" {}

role "app" {
  tags = { "aws:x" = "y" }
}
