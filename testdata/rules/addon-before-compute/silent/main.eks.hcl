# A cluster with nodes.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
}
