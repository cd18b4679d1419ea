# A role that nobody owns, without consent: looking alike is none.

stack "platform" {}

role "app" {}
