# What AWS failed to delete is deleted again.

stack "platform" {}

role "kept" {}
