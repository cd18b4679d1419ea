# A failed read is never absence.

stack "platform" {}

role "app" {}
role "web" {}
