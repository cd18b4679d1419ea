# A role that a cluster of somebody else runs as.

stack "platform" {}

role "kept" {}
