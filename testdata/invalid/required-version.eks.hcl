stack "demo" {
  required_version = ">= 9.0"
}
