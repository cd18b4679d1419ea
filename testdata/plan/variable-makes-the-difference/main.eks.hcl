# A variable decides what is planned.

stack "platform" {}

variable "replicas" {
  type    = number
  default = 2
}

addon "vpc-cni" {
  cluster = "demo"
  configuration_values = { replicas = var.replicas }
}
