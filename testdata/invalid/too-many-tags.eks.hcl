stack "demo" {}

role "app" {
  tags = { for i in range(60) : "k${i}" => "v" }
}
