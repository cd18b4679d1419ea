stack "demo" {}

addon "vpc-cni" {
  cluster              = "demo"
  configuration_values = "{ env: [ }"
}
