role "cluster" {
  trust { service = "eks.amazonaws.com" }
}

addon "east" {
  cluster = cluster.east
  name    = "vpc-cni"
}

addon "west" {
  cluster = cluster.west
  name    = "vpc-cni"
}
