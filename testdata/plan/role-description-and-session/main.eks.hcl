# Description and session duration in one call.

stack "platform" {}

role "app" {
  description          = "new"
  max_session_duration = 7200
}
