stack "demo" {
  required_version = "latest"
}
