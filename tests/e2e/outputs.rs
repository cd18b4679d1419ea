//! `output`: what the stack puts out, for people and for scripts.

use super::world::World;

const STACK: &str = r#"
stack "s" {}
variable "password" {
  type      = string
  default   = "hush"
  sensitive = true
}
role "r" {}
output "arn" { value = role.r.arn }
output "id" { value = role.r.unique_id }
output "mixed" { value = { list = [1, 2], set = toset(["x"]), nothing = null } }
output "number" { value = 3.5 }
output "password" {
  value     = { is = var.password }
  sensitive = true
}
output "text" { value = "no line break at the end" }
"#;

#[test]
fn the_list_shows_no_secret_and_says_what_is_not_known() {
    let world = World::of(STACK);
    let before = world.run(&["output"]).done();
    world.snapshot(&before.stdout, "output-list");
    assert!(!before.stdout.contains("hush"));
    assert!(before.stderr.contains("The account is not yet as the files say"), "{}", before.stderr);
    world.apply().done();
    let (after, calls) = world.during(|| world.run(&["output"]).done());
    assert!(!after.stdout.contains("known after apply"), "{}", after.stdout);
    assert_eq!(after.stderr, "");
    assert_eq!(super::world::writes(&calls), Vec::<String>::new());
}

#[test]
fn scripts_get_the_values_themselves() {
    let world = World::of(STACK);
    world.apply().done();
    let all = world.run(&["output", "-json"]).done();
    world.snapshot(&all.stdout, "output-json");
    let only = |args: &[&str]| world.run(args).done().stdout;
    assert_eq!(only(&["output", "text"]), "\"no line break at the end\"\n");
    assert_eq!(only(&["output", "-raw", "text"]), "no line break at the end");
    assert_eq!(only(&["output", "-raw", "number"]), "3.5");
    assert_eq!(only(&["output", "password"]), "{\n  \"is\" = \"hush\"\n}\n");
    assert_eq!(only(&["output", "-json", "password"]), "{\n  \"is\": \"hush\"\n}\n");
    assert_eq!(only(&["output", "-json", "arn"]), "\"arn:aws:iam::123456789012:role/r\"\n");
    assert!(only(&["output", "--raw", "id"]).starts_with("AROA"));
}

#[test]
fn what_cannot_be_printed_is_said() {
    let world = World::of(STACK);
    world.run(&["output", "--raw", "id"]).ends(1).complains(&[
        "Output \"id\" is known only after apply",
        "main.eks.hcl:10:23",
        "depends on role.r.unique_id",
    ]);
    let json =
        world.run(&["output", "--json"]).done().complains(&["Output \"id\" is known only after apply"]);
    assert!(!json.stdout.contains("\"id\""), "{}", json.stdout);
    world
        .run(&["output", "txt"])
        .ends(1)
        .complains(&["There is no output \"txt\"", "did you mean \"text\"?"]);
    world
        .run(&["output", "--raw", "mixed"])
        .ends(1)
        .complains(&["Output \"mixed\" is map, which has no raw form", "eksform output --json mixed"]);
    world.run(&["output", "--raw"]).ends(1);
    world.run(&["output", "--raw", "--json", "text"]).ends(1);
    let none = World::of("stack \"s\" {}\n").run(&["output"]).done();
    assert_eq!(none.stdout, "");
    assert!(none.stderr.contains("The stack declares no outputs"), "{}", none.stderr);
}
