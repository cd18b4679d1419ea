variable "cluster" {}
variable "name" { type = string }
variable "namespace" {
  type    = string
  default = "default"
}
variable "policies" { type = set(string) }

role "app" {
  name             = "app-${var.name}"
  description      = basename(path.module)
  managed_policies = var.policies
}

pod_identity_association "app" {
  cluster         = var.cluster
  namespace       = var.namespace
  service_account = var.name
  role_arn        = role.app.arn
}
