# A role that something unowned still uses is not deleted.

stack "platform" {}

role "kept" {}
