stack "one" {}
