stack "demo" {}

role "" {}
