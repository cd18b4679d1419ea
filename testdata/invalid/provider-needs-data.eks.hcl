stack "platform" {}

data "caller_identity" "me" {}

locals {
  region = data.caller_identity.me.region
}

provider "aws" {
  region = local.region
}

role "app" {}
