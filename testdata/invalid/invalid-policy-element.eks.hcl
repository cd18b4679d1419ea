stack "demo" {}

role "app" {
  trust_policy = {
    Version    = "2012-10-17"
    Statements = []
  }
}
