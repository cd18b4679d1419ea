stack "s" {}

variable "names" {
  default = ["a", "b"]
}

role "r" {
  description = <<-EOT
    %{ for n in var.names }
    ${n}
  EOT
}

role "q" {
  description = <<-EOT
    %{ for n in var.names }
    ${n}
    %{ endfor }
  EOT
}
