stack "inner" {}

provider "aws" {
  region = "us-east-2"
}

adopt {
  to = role.x
}

role "x" {
  nmae = "x"
}
