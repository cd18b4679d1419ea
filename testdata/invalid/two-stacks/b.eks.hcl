stack "two" {}
