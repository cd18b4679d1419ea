# Two new roles that name each other cannot be made in one step.

stack "platform" {}

role "a" {
  trust { aws = "arn:aws:iam::123456789012:role/b" }
}

role "b" {
  trust { aws = "arn:aws:iam::123456789012:role/a" }
}
