# Add-on and association are going already; agent and role wait for them.

stack "platform" {}

role "kept" {}
