stack "demo" {}

role "app" {
  trust_policy = jsondecode("{ nope }")
}
