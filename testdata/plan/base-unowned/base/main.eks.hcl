stack "platform" {}

role "app" { description = "x" }
