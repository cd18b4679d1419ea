stack "platform" {}

check "nothing" {}

check "two" {
  data "cluster" "a" {}
  data "cluster" "b" {}
  assert {
    condition = true
  }
}

check "count" {
  data "cluster" "c" {
    count = 2
  }
  assert {
    condition     = data.cluster.c.verion == "1.33"
    error_message = "It is old."
  }
  condition = true
}

check "count" {
  assert {
    condition     = true
    error_message = "Twice."
  }
}
