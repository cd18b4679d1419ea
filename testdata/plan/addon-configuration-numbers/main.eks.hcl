# Numbers are equal however they are written, maps in any order, and empty is as good as none.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  configuration_values = { same = 1.0, map = { b = 1, a = 2 }, on = true }
}

addon "coredns" {
  cluster              = "demo"
  configuration_values = {}
}
