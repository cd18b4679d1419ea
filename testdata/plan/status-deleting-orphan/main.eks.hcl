# An orphan that AWS is deleting already is waited for.

stack "platform" {}

role "kept" {}
