# What a target needs in a roundabout way comes along, also where nothing changes in between.

stack "platform" {}

role "base" { description = "new" }

role "middle" {
  description = "of ${role.base.name}"
}

role "last" {
  description = "of ${role.middle.name}"
}

role "other" { description = "new" }
