# What a data block reads does not exist, or may not be read.

stack "platform" {}

data "cluster" "shared" {}

data "role" "secret" {
  name = "boundary"
}

role "app" {
  description = data.role.secret.arn
}
