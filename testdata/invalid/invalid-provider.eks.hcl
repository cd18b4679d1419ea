stack "demo" {}

provider "google" {}
