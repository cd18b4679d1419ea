# What the files changed is intended, what the base would change too is drift.

stack "platform" {}

role "same" { description = "same" }

role "file" { description = "new" }

role "drifted" { description = "same" }

role "both" { description = "new" }

role "made" { description = "new" }

role "lost" { description = "same" }
