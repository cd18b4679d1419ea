stack "demo" {}

locals {
  x {
    y = 1
  }
}
