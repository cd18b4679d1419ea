# It belongs to another stack.

stack "platform" {}

role "app" {}
