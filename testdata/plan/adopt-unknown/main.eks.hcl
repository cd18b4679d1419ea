# Nothing is declared under that address.

stack "platform" {}

role "app" {}
