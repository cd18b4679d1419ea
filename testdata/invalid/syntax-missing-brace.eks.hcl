stack "demo" {}

role "app" {
  description = "x"

role "web" {
  description = "y"
}
