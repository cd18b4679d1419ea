# The last association goes with the agent.

stack "platform" {}


