# Removing the line removes the setting.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
