# A base that needs what is not given is said to.

stack "platform" {}

role "app" { description = "x" }
