stack "demo" {}

role "app" {
  max_session_duration = 3600 / 0
}
