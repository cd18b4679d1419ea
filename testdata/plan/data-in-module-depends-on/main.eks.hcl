# A module that depends on something reads its data after it, and hands that on. What the files say of it is known before.

stack "platform" {}

role "changes" {
  description = "new"
}

module "reader" {
  source     = "./modules/reader"
  depends_on = [role.changes]
}

role "late" {
  description = module.reader.description
}
