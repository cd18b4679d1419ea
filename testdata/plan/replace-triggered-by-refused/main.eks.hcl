# Replacing a cluster is refused whatever the reason, and so is what prevent_destroy forbids.

stack "platform" {}

role "cluster" {
  description = "new"
}

cluster "demo" {
  version  = "1.33"
  role_arn = role.cluster.arn
  vpc { subnet_ids = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"] }

  lifecycle { replace_triggered_by = [role.cluster] }
}

role "app" {
  lifecycle {
    prevent_destroy      = true
    replace_triggered_by = [role.cluster.description]
  }
}
