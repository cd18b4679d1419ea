stack "platform" {}

check "cluster" {
  data "cluster" "shared" {
    name = "demo"
  }
  assert {
    condition     = data.cluster.shared.version == "1.33"
    error_message = "It is old."
  }
}

role "app" {
  description = data.cluster.shared.arn
}
