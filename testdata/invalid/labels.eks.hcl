stack "demo" {}

role {}

role "a" "b" {}
