# What IAM does not tell apart is no difference: each role is one such rule.

stack "platform" {}

role "single-statement" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = { Effect = "Allow", Action = ["s3:GetObject"], Resource = ["*"] } })
  }
}

role "string-is-a-list" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
  }
}

role "actions-are-a-set" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:GetObject"], Resource = "*" }] })
  }
}

role "not-actions-are-a-set" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", NotAction = ["s3:GetObject", "s3:PutObject"], Resource = "*" }] })
  }
}

role "resources-are-a-set" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"] }] })
  }
}

role "condition-values-are-a-set" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*", Condition = { StringEquals = { "aws:PrincipalOrgID" = ["o-1", "o-2"] } } }] })
  }
}

role "condition-values-are-texts" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*", Condition = { Bool = { "aws:SecureTransport" = true }, NumericLessThan = { "aws:MultiFactorAuthAge" = 300 } } }] })
  }
}

role "statements-have-no-order" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }, { Effect = "Deny", Action = "s3:PutObject", Resource = "*" }] })
  }
}

role "action-names-ignore-case" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["S3:GETOBJECT"], Resource = "*" }] })
  }
}

role "empty-sid-is-none" {
  inline_policies = {
    p = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "", Effect = "Allow", Action = "s3:GetObject", Resource = "*" }] })
  }
}

role "account-is-its-root" {
  trust_policy = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { AWS = "123456789012" }, Action = "sts:AssumeRole" }] }
}

role "principals-are-a-set" {
  trust_policy = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = ["ec2.amazonaws.com", "eks.amazonaws.com"] }, Action = "sts:AssumeRole" }] }
}

role "principal-is-a-list" {
  trust_policy = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "eks.amazonaws.com" }, Action = "sts:AssumeRole" }] }
}
