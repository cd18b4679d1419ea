# An add-on that was never made right and is not ours is not replaced.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
