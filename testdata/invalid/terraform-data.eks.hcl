stack "demo" {}

data "aws_caller_identity" "current" {}
