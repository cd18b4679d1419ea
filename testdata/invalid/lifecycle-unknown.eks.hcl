stack "demo" {}

role "app" {
  lifecycle { prevent_destory = true }
}
