# Files are those of the base too, and what only the base declares is read.

stack "platform" {}

role "app" { description = file("description.txt") }
