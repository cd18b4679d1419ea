//! Parts of a plan: what was asked for happens, the rest is said to be left out.

use super::world::{World, writes};

const ROLES: &str = r#"
stack "platform" {}

role "base" {}

role "app" {
  for_each    = toset(["blue", "green"])
  name        = each.key
  description = "beside ${role.base.name}"
}

output "base" { value = role.base.arn }
output "apps" { value = values(role.app)[*].arn }
"#;

#[test]
fn a_target_is_applied_with_what_it_needs_and_the_rest_is_left() {
    let world = World::of(ROLES);
    let target = ["apply", "--auto-approve", "--target", "role.app[\"blue\"]"];
    let (run, made) = world.during(|| world.run(&target).done());
    assert_eq!(writes(&made), ["CreateRole", "CreateRole"]);
    let run = run.says(&[
        "Partial: 1 change is left out by --target (role.app[\"green\"]).",
        "This was a part of the whole: plan without --target and --exclude to see what is left.",
        "base = ",
    ]);
    assert!(!run.stdout.contains("apps = "), "an output of what was left out:\n{}", run.stdout);
    world
        .run(&target)
        .done()
        .says(&["No changes. What was asked for matches the configuration.\nPartial: 1 change"]);
    world.run(&["plan", "--exclude", "role.app"]).done().says(&["No changes.", "Partial: 1 change"]);
    world.plan().done().says(&["Plan: 1 to add, 0 to change, 0 to destroy.\n"]);
}

#[test]
fn a_saved_plan_of_a_part_stays_one() {
    let world = World::of(ROLES);
    world.run(&["plan", "-out=p", "-exclude=role.app"]).done();
    world.run(&["show", "p"]).done().says(&["Partial: 2 changes are left out by --exclude"]);
    let json = world.run(&["show", "--json", "p"]).done();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["complete"], false);
    assert_eq!(json["eksform"]["excludes"], serde_json::json!(["role.app"]));
    assert_eq!(json["eksform"]["left_out"], serde_json::json!(["role.app[\"blue\"]", "role.app[\"green\"]"]));
    world.run(&["apply", "--target", "role.base", "p"]).ends(1);
    let (run, made) = world.during(|| world.run(&["apply", "p"]).done());
    assert_eq!(writes(&made), ["CreateRole"]);
    run.says(&["This was a part of the whole"]);
}

#[test]
fn an_orphan_goes_only_if_it_is_named() {
    let world = World::of(ROLES);
    world.apply().done();
    world.edit("\"blue\", ", "");
    world.run(&["plan", "--target", "role.base"]).done().says(&["No changes.", "role.app[\"blue\"]"]);
    world
        .run(&["apply", "--auto-approve", "--target", "role.blu"])
        .ends(1)
        .complains(&["--target role.blu", "did you mean role.blue?"]);
    let (_, made) = world.during(|| world.run(&["apply", "--auto-approve", "--target", "role.blue"]).done());
    assert_eq!(writes(&made), ["DeleteRole"]);
    world.unchanged();
}

#[test]
fn what_is_to_be_replaced_is_made_anew() {
    let world = World::of(ROLES);
    world.apply().done();
    let replace = ["apply", "--auto-approve", "--replace", "role.base"];
    let (run, made) = world.during(|| world.run(&replace).done());
    assert_eq!(writes(&made), ["DeleteRole", "CreateRole"]);
    run.says(&["# role.base will be replaced, as requested", "Plan: 1 to add, 0 to change, 1 to destroy."]);
    world.unchanged();
    world.run(&["destroy", "--replace", "role.base"]).ends(1).complains(&["leave out one of the two"]);
}

#[test]
fn a_part_is_destroyed_with_what_needs_it() {
    let world = World::of(ROLES);
    world.apply().done();
    let (run, made) =
        world.during(|| world.run(&["destroy", "--auto-approve", "--exclude", "role.app[\"green\"]"]).done());
    assert_eq!(writes(&made), ["DeleteRole"]);
    run.says(&["role.app[\"blue\"] will be destroyed", "Partial: 2 changes are left out by --exclude"]);
    world
        .run(&["destroy", "--auto-approve", "--target", "role.base"])
        .done()
        .says(&["0 to add, 0 to change, 2 to destroy"]);
}
