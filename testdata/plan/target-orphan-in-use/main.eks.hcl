# What still names an orphan goes with it.

stack "platform" {}

role "kept" {}
