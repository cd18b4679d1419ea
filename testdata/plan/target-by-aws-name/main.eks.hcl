# Objects in a cluster are named by all of their key.

stack "platform" {}

role "kept" {}
