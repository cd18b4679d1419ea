# A plan that releases does nothing else; what is still declared is warned about.

stack "platform" {}

role "kept" {}
