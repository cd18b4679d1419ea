# What is ignored is still used at creation.

stack "platform" {}

role "app" {
  description = "files"
  lifecycle { ignore_changes = [description] }
}
