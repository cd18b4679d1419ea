# Only what is owned can be let go of.

stack "platform" {}

role "kept" {}
