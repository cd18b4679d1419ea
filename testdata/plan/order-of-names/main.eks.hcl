# Changes that need no order come in that of their names; a name comes before those that go on after it.
stack "platform" {}

provider "aws" {
  region = "us-east-2"
}

role "app_admin" {}
role "app2" {}
role "app-2" {}
role "app" {}

role "apps" {
  for_each = toset(["b", "a", "a-b"])
  name     = "app-${each.key}"
}
