# A key that the schema neither has nor forbids.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = { autoScaling = { enabled = true, minreplicas = 2 } }
}
