locals {
  a         = 1 + 2 * -3
  bb        = -x - -1
  c         = !a && b || c
  d         = foo(1, 2, bar[0], baz.x...)
  long_name = [for x in [1, 2] : x if x > 1]
  e         = { for k, v in m : k => v... }
  f         = a ? b : c
  g         = "x${a}y${b}%{if c}z%{endif}"
  h         = { a = 1 }
  i         = x[*].y
  j         = x.*.y
  k         = core::length([])
  l         = (a)

  list = [
    1,
    2, # two
    [
      3
    ]
  ]
  obj = {
    a    = 1
    bbbb = 2

    c = [{
      x = 1
      }, {
      y = 2
    }]
    call = merge(a, {
      z = 1
    })
  }
  text  = <<-EOT
      keep   ${a}
        this
    EOT
  after = 1
  /* block
     comment */
}
