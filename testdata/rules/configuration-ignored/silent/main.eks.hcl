# Keys of the schema.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = { autoScaling = { enabled = true, minReplicas = 2 } }
}
