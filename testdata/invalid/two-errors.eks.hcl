stack "demo" {}

role "app" {
  max_session_duration = 60
  descripton           = "x"
}
