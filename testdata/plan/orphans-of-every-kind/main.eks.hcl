# What no file declares any more goes, in the order of what names what.

stack "platform" {}

role "kept" {}
