# What is wrong in a policy document's blocks shows where it stands.

stack "platform" {}

data "policy_document" "attributes" {
  statement {
    action = ["s3:GetObject"]
    effect = "allow"
    sid    = "not a sid"
  }
}

data "policy_document" "missing" {
  statement {
    principals {
      type = "Service"
    }
  }
}

data "policy_document" "merged" {
  source_policy_documents = ["{"]
}

data "policy_documnt" "misspelt" {}

output "json" {
  value = data.policy_document.merged.text
}
