# Nothing of a secret shows.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = sensitive({
    replicaCount = "s3cret"
    s3cret       = true
  })
}
