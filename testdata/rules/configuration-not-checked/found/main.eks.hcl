# The schema refers to another document.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = { replicaCount = 3 }
}
