stack "demo" {
  allow_destroy = "demo"
}
