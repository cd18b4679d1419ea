stack "demo" {}

data "aws_eks_cluster" "x" {
  name = "demo"
}

data "rol" "x" {}

data "addon_version" "cni" {
  adon = "vpc-cni"
}

data "addon" "cni" {
  cluster = ["demo"]
}

data "role" "team" {
  name     = role.app.unique_id
  provider = aws.west
}

data "role" "team" {}

role "app" {
  description = data.role.taem.arn
}

output "a" {
  value = data.role.team.arm
}

output "b" {
  value = data.cluster
}
