# The agent goes after the associations that need it.

stack "platform" {}

role "kept" {}
