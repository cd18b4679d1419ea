stack "demo" {}

role "app" {}

provider "aws" {
  region = role.app.unique_id
}
