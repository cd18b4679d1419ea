# Orphans are found on clusters that no file names any more.

stack "platform" {}

role "kept" {}
