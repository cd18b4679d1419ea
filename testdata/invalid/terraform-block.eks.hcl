stack "demo" {}

terraform {
  backend "s3" {}
}
