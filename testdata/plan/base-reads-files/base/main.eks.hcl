stack "platform" {}

role "app" { description = file("description.txt") }

role "gone" {}
