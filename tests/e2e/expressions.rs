//! `console`: expressions against the stack and the account.

use super::terminal::Terminal;
use super::world::{World, writes};

const STACK: &str = r#"
stack "s" {}
variable "region" {
  default = "us-east-2"
}
variable "password" {
  default   = "hush"
  sensitive = true
}
locals {
  apps = { blue = 1, green = 2 }
}
role "r" {}
module "inner" {
  source = "./inner"
}
"#;

fn world() -> World {
    let world = World::of(STACK);
    std::fs::create_dir_all(world.stack().join("inner")).unwrap();
    world.write("inner/main.eks.hcl", "output \"x\" { value = \"from the module\" }\n");
    world.write("motd", "hello\n");
    world
}

#[test]
fn every_line_is_an_expression() {
    let world = world();
    let lines = "\
# a comment, and an empty line

var.region
[for name, n in local.apps :
  \"${name}-${n}\"
]
var.password
{ open = 1, secret = var.password }
role.r.arn
role.r.unique_id
module.inner.x
file(\"motd\") == \"hello\\n\"
<<-EOT
  two
  lines
EOT
{
  a = 1
}
exit
var.nobody_reads_this
";
    let (answered, calls) = world.during(|| world.answer(&["console"], lines).done());
    world.snapshot(&answered.stdout, "console");
    assert_eq!(answered.stderr, "");
    assert_eq!(writes(&calls), Vec::<String>::new());
    world.apply().done();
    world.answer(&["console"], "startswith(role.r.unique_id, \"AROA\")\n").done().says(&["true\n"]);
}

#[test]
fn after_an_error_the_console_goes_on() {
    let lines = "\
1 +
local.apps.red

[
  1,
  nope.x,
  upper([]),
]
file(\"missing\")
each.key
1 + 1
upper(\"x\"
";
    let answered = world().answer(&["console"], lines).ends(1);
    assert_eq!(answered.stdout, "2\n");
    world().snapshot(&answered.stderr, "console-errors");
}

#[test]
fn broken_files_end_it() {
    let world = World::of("stack \"s\" {}\nlocals { a = nope.x }\n");
    let refused = world.answer(&["console"], "1 + 1\n").ends(1);
    assert_eq!(refused.stdout, "");
    refused.complains(&["main.eks.hcl:2:14", "There is nothing called \"nope\""]);
}

#[test]
fn at_a_terminal() {
    let world = world();
    let Some(mut terminal) = Terminal::new() else { return };
    terminal.sees("ends.").sees("> ").types("1 + 1\r");
    terminal.sees("2").sees("> ").types("[1,\r");
    terminal.sees(": ").types("2]\r");
    terminal.sees("2,").sees("> ").types("nope.x\r");
    // Back in the history, and at another place of the line.
    terminal.sees("nope").sees("> ").types("\u{1b}[A\u{1b}[A\u{1b}[A\u{1b}[A\u{1}40 + \r");
    terminal.sees("42").sees("> ").types("help\r");
    terminal.sees("Nothing is changed here").sees("> ").types("(1\r");
    // Ctrl-C takes back what was begun, Ctrl-D ends.
    terminal.sees(": ").types("\u{3}");
    terminal.sees("> ").types("\u{4}");
    let run = terminal.run(world.command(&["console", "--sandbox=../sandbox"])).done();
    run.says(&["Sandbox ../sandbox: account 123456789012 in us-east-2", "There is nothing called \"nope\""]);
}
