# Inside of jsonencode.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = jsonencode({ replicaCount = 0 })
}
