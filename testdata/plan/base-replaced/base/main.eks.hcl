stack "platform" {}

role "moved" { name = "old" }

role "path" { path = "/team/" }
