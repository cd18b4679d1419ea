stack "demo" {}

clutser "demo" {}
