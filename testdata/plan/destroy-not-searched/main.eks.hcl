# To destroy everything, everything has to be searched.

stack "platform" {}

role "kept" {}
