# What a target needs is asked about like the target itself.

stack "platform" {}

role "base" {}

role "last" {
  description = "of ${role.base.name}"
}
