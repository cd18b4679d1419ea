# Two roles that exist may trust each other: no order between updates.

stack "platform" {}

role "a" {
  trust { aws = "arn:aws:iam::123456789012:role/b" }
}

role "b" {
  trust { aws = "arn:aws:iam::123456789012:role/a" }
}
