stack "demo" {}

role "app" {
  trust_policy = <<EOT
{ "Statement": [] }
}
