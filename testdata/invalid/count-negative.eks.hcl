stack "demo" {}

role "app" {
  count = -1
  name  = "app-${count.index}"
}
