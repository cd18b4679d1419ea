stack "demo" {}

variable "env" {
  type    = string
  default = "prd"
  validation {
    condition     = contains(["dev", "prod"], var.env)
    error_message = "The environment is dev or prod, not ${var.env}."
  }
}
