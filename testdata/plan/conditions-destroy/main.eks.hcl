# What is to be destroyed need not be as it should, and what a check reads need not be there.

stack "platform" {}

role "app" {
  lifecycle {
    precondition {
      condition     = false
      error_message = "Never."
    }
    postcondition {
      condition     = self.path == "/nowhere/"
      error_message = "Never."
    }
  }
}

check "cluster" {
  data "cluster" "shared" {
    name = "demo"
  }
  assert {
    condition     = startswith(data.cluster.shared.platform_version, "eks.")
    error_message = "The cluster has no platform."
  }
}
