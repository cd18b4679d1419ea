stack "platform" {}

locals {
  names = { aws.west = "a" }
}
