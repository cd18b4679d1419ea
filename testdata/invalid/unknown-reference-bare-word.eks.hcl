stack "demo" {}

role "app" {
  description = hello
}
