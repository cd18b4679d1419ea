stack "demo" {}

output "x" {}
