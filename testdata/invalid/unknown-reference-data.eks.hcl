stack "demo" {}

output "x" {
  value = data.aws_caller_identity.current.account_id
}
