role "app" {}
