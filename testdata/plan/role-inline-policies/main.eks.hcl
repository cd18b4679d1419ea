# One policy changes, one comes, one goes, one stays.

stack "platform" {}

role "app" {
  inline_policies = {
    changed = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["sqs:SendMessage", "sqs:ReceiveMessage"], Resource = "*" }] }
    new     = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] }
    same    = { Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "*", Resource = "*" }] }
  }
}
