# YAML in the account, an object in the file: equal by meaning.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  configuration_values = { env = { WARM_IP_TARGET = "5" }, tolerations = [{ key = "a" }] }
}
