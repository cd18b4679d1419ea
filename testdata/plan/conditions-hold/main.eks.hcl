# Pre- and postconditions that hold, on objects, data blocks and outputs, show nothing.

stack "platform" {}

variable "environment" {
  default = "prod"
}

data "cluster" "shared" {
  name = "demo"

  lifecycle {
    precondition {
      condition     = var.environment != "dev"
      error_message = "There is no shared cluster in dev."
    }
    postcondition {
      condition     = tonumber(split(".", self.version)[1]) >= 30
      error_message = "The cluster ${self.name} is too old: ${self.version}."
    }
  }
}

role "app" {
  for_each = toset(["blue", "green"])
  name     = "app-${each.key}"

  lifecycle {
    precondition {
      condition     = startswith(data.cluster.shared.platform_version, "eks.")
      error_message = "${each.key} needs a cluster."
    }
    postcondition {
      condition     = endswith(self.arn, each.key)
      error_message = "The ARN does not end with the key."
    }
  }
}

output "cluster" {
  value = data.cluster.shared.name

  precondition {
    condition     = length(role.app) == 2
    error_message = "There have to be two."
  }
}
