stack "demo" {}

role "app" {
  inline_policies = {
    p = { Version = "2012-10-17", Statement = [{ Efect = "Allow", Action = "s3:*", Resource = "*" }] }
  }
}
