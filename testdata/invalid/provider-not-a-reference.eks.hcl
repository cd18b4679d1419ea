stack "demo" {}

role "app" {
  provider = "aws.west"
}
