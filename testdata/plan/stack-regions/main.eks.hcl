# Orphans are looked for in further regions, and what is recorded for one of them is an orphan.

stack "platform" {
  regions = ["us-east-2", "us-west-2"]
}

role "kept" {}
