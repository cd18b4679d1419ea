stack "demo" {}

import {
  to = role.app
  id = "app"
}
