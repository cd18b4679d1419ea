# With --locked a constraint needs its pin.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "~> 1.20"
}
