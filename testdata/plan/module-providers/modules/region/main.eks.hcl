variable "name" { default = "a" }

role "app" {
  name = var.name
}

role "other" {
  provider = aws.other
  name     = "${var.name}-other"
}
