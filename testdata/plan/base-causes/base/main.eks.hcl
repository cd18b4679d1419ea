stack "platform" {}

role "same" { description = "same" }

role "file" { description = "old" }

role "drifted" { description = "same" }

role "both" { description = "old" }

role "lost" { description = "same" }

role "removed" { description = "same" }
