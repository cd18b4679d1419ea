stack "demo" {}

variable "env" {
  type    = strnig
  default = "x"
}
