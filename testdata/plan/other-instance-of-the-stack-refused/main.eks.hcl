# Two stacks of one name are told apart by their instance: neither takes from the other.

stack "platform" {
  instance = "green"
}

role "app" {}

role "web" {}
