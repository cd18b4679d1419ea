# The files of a directory: an inline policy for each, and what is not there is nothing.

stack "platform" {}

role "app" {
  inline_policies = {
    for path in fileset("policies", "*.json") : trimsuffix(path, ".json") => file("policies/${path}")
  }
}

output "all" {
  value = fileset("${path.module}/policies", "**")
}

output "none" {
  value = fileset("missing", "**/*.json")
}
