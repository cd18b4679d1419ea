# What has to let go of an object keeps it from being deleted.

stack "platform" {}

role "kept" {}
