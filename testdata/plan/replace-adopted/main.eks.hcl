# What is to be adopted is not destroyed.

stack "platform" {}

role "app" {}
