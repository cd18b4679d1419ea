# One value of the configuration changes.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  configuration_values = { env = { WARM_IP_TARGET = "6" }, replicas = 2 }
}
