stack "demo" {}

role "app" {
  name = "app-${count.index}"
}
