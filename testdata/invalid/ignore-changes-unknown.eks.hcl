stack "demo" {}

role "app" {
  lifecycle { ignore_changes = [descripton] }
}
