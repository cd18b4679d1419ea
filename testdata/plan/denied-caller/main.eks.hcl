# Nothing can be asked at all.

stack "platform" {}

role "app" {}
