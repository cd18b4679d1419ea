# Keys and values of tags are told apart by case.

stack "platform" {}

role "app" {
  tags = { team = "shop" }
}
