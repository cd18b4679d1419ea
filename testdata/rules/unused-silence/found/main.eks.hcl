# The add-on needs no IAM.

stack "platform" {}

# eksform:ignore addon-needs-iam it has none
addon "adot" {
  cluster = "demo"
}
