stack "demo" {}

role "app" {
  max_session_duration = 60
}
