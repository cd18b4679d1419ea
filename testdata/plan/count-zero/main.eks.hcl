# count = 0 makes none: what there was is an orphan.

stack "platform" {}

role "app" {
  count = 0
  name  = "app"
}

role "kept" {}
