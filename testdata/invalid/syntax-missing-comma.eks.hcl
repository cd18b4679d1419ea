stack "demo" {}

role "app" {
  managed_policies = [
    "arn:aws:iam::aws:policy/ReadOnlyAccess"
    "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
  ]
}
