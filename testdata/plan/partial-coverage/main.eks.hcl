# What could not be searched is named; the plan is never a plain No changes.

stack "platform" {}

role "app" {}
