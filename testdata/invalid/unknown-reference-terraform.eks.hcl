stack "demo" {}

output "x" {
  value = aws_iam_role.app.arn
}
