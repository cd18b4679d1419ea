# Instances by number: the last one goes.

stack "platform" {}

role "app" {
  count = 2
  name  = "app-${count.index}"
}
