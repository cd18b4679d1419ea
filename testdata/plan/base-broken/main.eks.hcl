# Errors of the base name its files.

stack "platform" {}

role "app" { description = "x" }
