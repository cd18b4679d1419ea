# Documents that differ in order, string versus list and white space mean the same.

stack "platform" {}

role "app" {
  trust_policy = {
    Version   = "2012-10-17"
    Statement = { Effect = "Allow", Principal = { AWS = "123456789012" }, Action = "sts:AssumeRole", Sid = "" }
  }
  inline_policies = {
    p = jsonencode({
      Version = "2012-10-17"
      Statement = [
        { Effect = "Deny", Action = "s3:DeleteObject", Resource = "*", Condition = { Bool = { "aws:SecureTransport" = false } } },
        { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = ["arn:aws:s3:::a/*"] },
      ]
    })
  }
}
