stack "demo" {}

addon "adot" {
  cluster = "demo"
  dynamic "pod_identity_association" {
    for_each = ["a"]
  }
}
