# There is nothing to destroy.

stack "platform" {}

role "app" {}
