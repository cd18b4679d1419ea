# One name for two service accounts that need different policies.

stack "platform" {}

addon "adot" {
  cluster      = "demo"
  version      = "v0.94.1-eksbuild.1"
  pod_identity = "recommended"
  recommended { role_name = "telemetry" }
}
