stack "demo" {}

variable "subnet_ids" {
  type    = list(string)
  default = { a = 1 }
}
