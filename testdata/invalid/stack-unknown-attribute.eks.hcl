stack "demo" {
  alow_destroy = ["demo"]
}
