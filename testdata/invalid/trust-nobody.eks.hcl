stack "demo" {}

role "app" {
  trust { actions = ["sts:AssumeRole"] }
}
