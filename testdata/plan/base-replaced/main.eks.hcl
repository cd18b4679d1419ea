# A replacement has one cause, and so has a move to another name.

stack "platform" {}

role "moved" { name = "new" }

role "path" { path = "/team/" }
