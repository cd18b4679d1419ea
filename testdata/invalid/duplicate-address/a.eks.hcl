stack "demo" {}

role "app" {}
