variable "given" {}

output "taken" {
  value = "${var.given}!"
}
