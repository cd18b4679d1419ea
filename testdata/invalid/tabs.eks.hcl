stack "demo" {}

role "app" {
	descripton	= "x"
}
