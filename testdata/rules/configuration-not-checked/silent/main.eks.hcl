# A schema that can be read.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = { replicaCount = 3 }
}
