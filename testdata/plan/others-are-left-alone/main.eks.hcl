# What is not declared and not the stack's is not touched, whatever its name.

stack "platform" {}

role "kept" {}
