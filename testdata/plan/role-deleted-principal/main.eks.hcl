# A principal that was deleted shows as an id: broken, never cosmetic.

stack "platform" {}

role "app" {
  trust { aws = "arn:aws:iam::123456789012:role/ci" }
}
