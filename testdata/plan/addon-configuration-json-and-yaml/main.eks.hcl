# JSON in the account, YAML text in the file: equal by meaning.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  configuration_values = <<-EOT
    env:
      WARM_IP_TARGET: "5"
  EOT
}
