stack "demo" {}

variable "env" {
  nullable = false
  default  = null
}
