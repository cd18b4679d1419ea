# A recommended block makes the roles the stack's own: named, bounded, and for the pods of this cluster alone.

stack "platform" {}

provider "aws" {
  region       = "us-east-2"
  default_tags = { team = "platform" }
}

addon "vpc-cni" {
  cluster      = "demo"
  version      = "latest"
  pod_identity = "recommended"
  recommended {}
}

addon "adot" {
  cluster      = "demo"
  version      = "v0.94.1-eksbuild.1"
  pod_identity = "recommended"
  recommended {
    role_name            = "demo-{service_account}"
    path                 = "/eks/"
    permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
    scope_to_cluster     = true
  }
}
