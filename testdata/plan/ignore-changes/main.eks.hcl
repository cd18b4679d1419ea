# Ignored differences do not count, the others do.

stack "platform" {}

role "app" {
  description          = "files"
  max_session_duration = 7200
  lifecycle { ignore_changes = [description, tags] }
}
