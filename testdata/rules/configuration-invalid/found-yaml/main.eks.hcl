# YAML text has the place of the attribute.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = <<-YAML
    replicaCount: many
  YAML
}
