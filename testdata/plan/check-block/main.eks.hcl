# Checks warn and stop nothing: one holds, one does not, one cannot be told yet, one cannot read, one is a mistake.

stack "platform" {}

role "app" {}

check "holds" {
  data "cluster" "shared" {
    name = "demo"
  }

  assert {
    condition     = startswith(data.cluster.shared.platform_version, "eks.")
    error_message = "The cluster has no platform."
  }
  assert {
    condition     = data.cluster.shared.version == "1.33"
    error_message = "Never shown."
  }
}

check "fails" {
  assert {
    condition     = length(role.app.name) > 10
    error_message = "The name ${role.app.name} is too short."
  }
}

check "later" {
  assert {
    condition     = startswith(role.app.unique_id, "AROA")
    error_message = "That is no role."
  }
}

check "unreadable" {
  data "role" "other" {
    name = "missing"
  }

  assert {
    condition     = data.role.other.path == "/"
    error_message = "It has another path."
  }
}

check "mistake" {
  assert {
    condition     = role.app.tags["team"] == "blue"
    error_message = "It is not blue's."
  }
}
