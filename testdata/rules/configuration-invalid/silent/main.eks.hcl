# As the schema has it.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = { replicaCount = 3, tolerations = [{ key = "a" }] }
}
