# The new address was another object's: both move one on.

stack "platform" {}

role "b" {
  name = "one"
}

role "c" {
  name = "two"
}
