role "app" {
  description = "again"
}
