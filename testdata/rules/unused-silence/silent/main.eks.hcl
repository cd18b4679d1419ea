# Above the block, two above one, and behind a line.

stack "platform" {}

# eksform:ignore addon-needs-iam the nodes have the permissions
addon "vpc-cni" {
  cluster = "demo"
}

role "orders" {
  managed_policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
}

# eksform:ignore role-in-other-account not yet moved
# eksform:ignore pod-identity-without-agent installed with Helm
pod_identity_association "orders" {
  cluster         = "demo"
  namespace       = "shop"
  service_account = "orders"
  role_arn        = "arn:aws:iam::210987654321:role/orders"
}

addon "coredns" {
  cluster = "demo"
  configuration_values = {
    replicacount = 3 # eksform:ignore configuration-invalid our own schema has it
  }
}
