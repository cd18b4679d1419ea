region = "eu" # where
groups = (    # several
  "blue"
)             # done
zones = "abc" # all of them
𝒜     = 1     # wide
flag  = "🇬🇧"   # one cluster

cluster "x" {} # empty
a    = 1
name = <<EOT
not = touched   # at all
  ${ { inner = x } } ${a}${b}
EOT
after = [[
  [
    a
  ]]
]
note {
  # a comment
  text = <<-EOT
    kept ${upper("x")}
EOT
}
call = foo(
  1,
  -2,
  a * b,
  c...
)
