# What was found can be destroyed if that is meant.

stack "platform" {}

role "kept" {}
