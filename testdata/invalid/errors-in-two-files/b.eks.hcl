role "b" {
  description = var.nope
}
