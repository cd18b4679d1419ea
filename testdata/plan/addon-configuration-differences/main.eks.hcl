# A number is not its text, and a list has an order.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  configuration_values = { replicas = 2, args = ["a", "b"], same = 1.0, map = { b = 1, a = 2 } }
}
