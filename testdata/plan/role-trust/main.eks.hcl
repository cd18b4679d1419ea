# Who may assume the role.

stack "platform" {}

role "app" {
  trust { service = "ec2.amazonaws.com" }
}
