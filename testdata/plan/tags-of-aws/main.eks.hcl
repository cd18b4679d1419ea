# Tags that AWS sets itself are left out.

stack "platform" {}

role "app" {
  tags = { team = "shop" }
}

addon "vpc-cni" {
  cluster = "demo"
}
