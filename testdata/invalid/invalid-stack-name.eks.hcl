stack "my platform" {}
