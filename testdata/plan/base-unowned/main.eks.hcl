# What was not adopted then is adopted by the files of today.

stack "platform" {}

role "app" { description = "x" }

adopt { to = role.app }
