# What IAM tells apart is a change: each role is one such rule.

stack "platform" {}

role "version" {
  inline_policies = {
    p = jsonencode({ Version = "2008-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
  }
}

role "id" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Id = "a", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
  }
}

role "sid" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "A", Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
  }
}

role "effect" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "s3:GetObject", Resource = "*" }] })
  }
}

role "number-of-statements" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }, { Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
  }
}

role "case-of-resources" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::A/*" }] })
  }
}

role "action-or-not-action" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", NotAction = "s3:GetObject", Resource = "*" }] })
  }
}

role "condition" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*", Condition = { Bool = { "aws:SecureTransport" = true } } }] })
  }
}

role "another-account" {
  trust_policy = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "123456789012" }, Action = "sts:AssumeRole" }] }
}
