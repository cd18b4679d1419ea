stack "demo" {}

role "app" {
  tags {
    team = "x"
  }
}
