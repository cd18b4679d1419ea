# Without a readable recorded address an orphan goes by its identity.

stack "platform" {}

role "kept" {}
