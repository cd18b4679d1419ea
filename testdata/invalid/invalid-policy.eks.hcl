stack "demo" {}

role "app" {
  inline_policies = {
    good = jsonencode({ Version = "2012-10-17", Statement = [] })
    bad  = "{ \"Version\": \"2012-10-17\", }"
  }
}
