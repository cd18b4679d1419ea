# The same beside changes.

stack "platform" {}

role "app" {}
