# A sensitive value inside a policy: what is around it still shows.

stack "platform" {}

variable "id" {
  type      = string
  sensitive = true
  default   = "o-very-secret"
}

role "app" {
  trust_policy = {
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { AWS = "123456789012" }, Action = "sts:AssumeRole", Condition = { StringEquals = { "sts:ExternalId" = var.id } } }]
  }
}
