stack "demo" {}

role "app" {
  tags = { "größe" = "日本語", "é" = vra.x }
}
