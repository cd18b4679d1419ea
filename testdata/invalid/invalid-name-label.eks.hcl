stack "demo" {}

role "shop app" {}
