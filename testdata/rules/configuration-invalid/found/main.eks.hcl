# Misspelt, of the wrong type, and not allowed: each at its place.

stack "platform" {}

addon "coredns" {
  cluster = "demo"
  configuration_values = {
    replicacount = 3
    autoScaling  = { enabled = "yes" }
    resources = {
      limits = { memory = "64Mi" }
      claims = []
    }
    tolerations = [{ key = "a" }, "b"]
  }
}
