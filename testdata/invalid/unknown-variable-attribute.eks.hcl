stack "demo" {}

variable "x" {
  typ     = string
  default = "x"
}
