# A live version newer than the file is never a downgrade.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
  version = "v1.18.0-eksbuild.1"
}
