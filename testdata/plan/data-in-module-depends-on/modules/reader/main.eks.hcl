data "role" "other" {
  name = "other"
}

data "cluster" "shared" {
  name = "demo"
}

addon "coredns" {
  cluster = data.cluster.shared
}

output "description" {
  value = data.role.other.description
}
