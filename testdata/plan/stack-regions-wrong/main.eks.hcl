# Regions are regions.

stack "platform" {
  regions = ["west", "us-west-2"]
}

role "kept" {}
