stack "demo" {}

role "app" {
  lifecyle { prevent_destroy = true }
}
