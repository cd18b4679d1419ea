# Nothing is left out if the rest would not change.

stack "platform" {}

role "app" {}

role "same" {}
