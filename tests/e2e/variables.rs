//! Where values of variables come from, and which of them counts.

use super::terminal::Terminal;
use super::world::World;

const STACK: &str = "\
stack \"s\" {}
variable \"v\" { type = string }
output \"v\" { value = var.v }
";

/// The last of these that is given counts.
#[test]
fn the_nearest_value_counts() {
    let world = World::of(STACK);
    let value = |args: &[&str], environment: &[(&str, &str)]| {
        world.run_with(&[&["output", "-raw", "v"], args].concat(), environment).done().stdout
    };
    let environment = [("EKSFORM_VAR_v", "environment"), ("EKSFORM_VAR_other", "of another stack")];
    assert_eq!(value(&[], &environment), "environment");
    world.write("z.auto.eksvars.hcl", "v = \"z\"\n");
    assert_eq!(value(&[], &environment), "z");
    world.write("zz.auto.eksvars.json", "{\"v\": \"zz\"}");
    assert_eq!(value(&[], &environment), "zz");
    world.write("a.auto.eksvars.hcl", "v = \"a\"\n");
    assert_eq!(value(&[], &environment), "zz", "in the order of their names");
    world.write("x.eksvars.hcl", "v = \"file x\"\n");
    world.write("y.json", "{\"v\": \"file y\"}");
    assert_eq!(value(&["-var-file=x.eksvars.hcl"], &environment), "file x");
    assert_eq!(value(&["-var-file=x.eksvars.hcl", "-var-file=y.json"], &environment), "file y");
    assert_eq!(value(&["-var", "v=pair", "-var-file=x.eksvars.hcl"], &environment), "file x");
    assert_eq!(value(&["-var-file=x.eksvars.hcl", "-var", "v=pair"], &environment), "pair");
    assert_eq!(value(&["-var=v=one", "-var-file=y.json", "-var=v=two"], &environment), "two");
    assert_eq!(value(&["-var=v=a=b"], &[]), "a=b");
}

#[test]
fn all_missing_values_are_named_at_once() {
    let world = World::of(&format!("{STACK}variable \"w\" {{ type = list(string) }}\n"));
    for args in [&["plan"][..], &["plan", "-input=false"], &["apply"], &["console"], &["output"]] {
        let refused = world.answer(args, "x\ny\n").ends(1);
        assert_eq!(refused.stdout, "", "{args:?}");
        refused.complains(&[
            "Variable \"v\" has no value",
            "Variable \"w\" has no value",
            "--var w=…, EKSFORM_VAR_w=… or a line in stack.auto.eksvars.hcl",
            "2 errors",
        ]);
    }
    // What the values are is no question about the files.
    world.run(&["validate"]).done();
}

#[test]
fn a_terminal_is_asked_for_what_is_missing() {
    let world = World::of(
        "\
stack \"s\" {}
variable \"given\" {}
variable \"list\" {
  description = \"Names of the teams\"
  type        = list(string)
}
variable \"password\" {
  sensitive = true
}
output \"list\" { value = var.list }
output \"length\" { value = nonsensitive(length(var.password)) }
",
    );
    let Some(mut person) = Terminal::new() else { return };
    person.sees("var.list\r\n  Names of the teams\r\n\r\n  Enter a value: ").types("[\"a\", \"b\"]\r");
    person.sees("var.password\r\n\r\n  Enter a value: ").types_unseen("hush-hush\r");
    let answered =
        person.run(world.command(&["output", "--sandbox=../sandbox", "--json", "--var=given=1"])).done();
    answered.says(&["\"value\": 9", "\"b\""]);
    let Some(mut person) = Terminal::new() else { return };
    person.sees("Enter a value: ").types("[]\r").sees("Enter a value: ").types_unseen("hush-hush\r");
    let answered = person.run(world.command(&["output", "--sandbox=../sandbox", "--var=given=1"])).done();
    assert!(!answered.stdout.contains("hush"), "{}", answered.stdout);

    let Some(nobody) = Terminal::new() else { return };
    let refused = nobody.run(world.command(&["plan", "--sandbox=../sandbox", "-input=false"])).ends(1);
    refused.says(&["Variable \"given\" has no value", "3 errors"]);
    // Ctrl-D: no answer, no value.
    let Some(mut person) = Terminal::new() else { return };
    person.sees("Enter a value: ").types("\u{4}");
    let refused = person.run(world.command(&["plan", "--sandbox=../sandbox", "--var=given=1"])).ends(1);
    refused.says(&["Variable \"list\" has no value", "2 errors"]);
}

#[test]
fn without_input_nothing_is_approved() {
    let world = World::of("stack \"s\" {}\nrole \"r\" {}\n");
    for command in ["apply", "destroy"] {
        let refused = world.answer(&[command, "-input=false"], "yes\n").ends(1);
        assert_eq!(refused.stdout, "");
        refused.complains(&["nobody has approved", "--auto-approve"]);
    }
    assert!(world.calls().is_empty());
    world.run(&["apply", "-input=false", "-auto-approve"]).done().says(&["1 added"]);
}
