# The same with consent for orphans and the cluster.

stack "platform" {}
