# Two roles swap their labels: two tags.

stack "platform" {}

role "a" {
  name = "two"
}

role "b" {
  name = "one"
}
