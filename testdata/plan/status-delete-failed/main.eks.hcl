# A failed deletion of what is declared is a finding.

stack "platform" {}

addon "vpc-cni" {
  cluster = "demo"
}
