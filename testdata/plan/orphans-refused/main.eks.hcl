# An ordinary plan that would delete all the stack owns is refused.

stack "platform" {}
