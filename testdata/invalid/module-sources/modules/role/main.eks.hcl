role "x" {}
