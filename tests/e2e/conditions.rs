//! Conditions, checks and data that only an apply can tell, and replacements that follow others.

use super::world::{World, writes};

/// A stack of roles with these blocks.
fn world(blocks: &str) -> World {
    World::of(&format!(
        "stack \"platform\" {{}}\n\nprovider \"aws\" {{\n  region = \"us-east-2\"\n}}\n{blocks}"
    ))
}

const CHAIN: &str = r#"
role "first" {
  lifecycle {
    postcondition {
      condition     = startswith(self.unique_id, "AROA")
      error_message = "The first one is no role: ${self.unique_id}."
    }
  }
}

role "second" {
  lifecycle {
    precondition {
      condition     = length(role.first.unique_id) < 100
      error_message = "The id of the first one is too long."
    }
  }
}

role "third" {
  depends_on = [role.second]
}

role "aside" {}

output "first" {
  value = role.first.unique_id

  precondition {
    condition     = length(role.first.unique_id) > 10
    error_message = "The id of the first one is too short."
  }
}
"#;

#[test]
fn conditions_that_hold_only_at_apply_show_nothing() {
    let world = world(CHAIN);
    world.apply().done().says(&["Apply complete! Resources: 4 added", "first = \"AROA"]);
    world.unchanged();
}

#[test]
fn a_precondition_told_at_apply_stops_its_instance_and_what_depends_on_it() {
    let world = world(CHAIN);
    world.edit("unique_id) < 100", "unique_id) < 10");
    let (failed, calls) = world.during(|| world.apply().ends(1));
    failed.says(&[
        "A precondition of role.second does not hold: The id of the first one is too long.",
        "2 added",
        "skipped",
    ]);
    // The first and the one aside.
    assert_eq!(writes(&calls), ["CreateRole", "CreateRole"]);
    // Now it is known when planning.
    let (refused, calls) = world.during(|| world.apply().ends(1));
    refused.complains(&["error[precondition]", "role.second"]);
    assert_eq!(writes(&calls), Vec::<String>::new());
    world.edit("unique_id) < 10", "unique_id) < 100");
    world.apply().done().says(&["Apply complete! Resources: 2 added"]);
    world.unchanged();
}

#[test]
fn a_postcondition_told_at_apply_fails_what_was_made() {
    let world = world(CHAIN);
    world.edit("\"AROA\"", "\"AIDA\"");
    let (failed, calls) = world.during(|| world.run(&["apply", "--auto-approve", "--parallelism=1"]).ends(1));
    failed.says(&[
        "A postcondition of role.first does not hold: The first one is no role: AROA",
        "it is as it was planned",
        "1 added",
        "1 failed",
        "2 skipped",
    ]);
    assert_eq!(writes(&calls), ["CreateRole", "CreateRole"]);
    world.plan().ends(1).complains(&["error[postcondition]", "role.first"]);
    world.edit("\"AIDA\"", "\"AROA\"");
    world.apply().done();
    world.unchanged();
}

#[test]
fn an_output_s_precondition_told_at_apply_is_an_error_at_the_end() {
    let world = world(CHAIN);
    world.edit("unique_id) > 10", "unique_id) > 100");
    let failed = world.apply().ends(1);
    failed.says(&["Apply complete! Resources: 4 added"]).complains(&[
        "A precondition of output.first does not hold",
        "The id of the first one is too short.",
    ]);
}

#[test]
fn checks_warn_before_and_after_and_stop_nothing() {
    let world = world(
        r#"
role "app" {}

check "id" {
  assert {
    condition     = startswith(role.app.unique_id, "AIDA")
    error_message = "That is no user."
  }
}

check "exists" {
  data "role" "same" {
    name       = "app"
    depends_on = [role.app]
  }
  assert {
    condition     = data.role.same.unique_id == role.app.unique_id
    error_message = "Another role."
  }
}

check "missing" {
  data "role" "other" {
    name = "nobody"
  }
  assert {
    condition     = data.role.other.path == "/"
    error_message = "Another path."
  }
}
"#,
    );
    let planned = world.run(&["plan", "--out", "p"]).done();
    planned.complains(&[
        "note[check-open]: check.id can be told only after apply",
        "note[check-open]: check.exists can be told only after apply",
        "warning[missing-data]: There is no role \"nobody\"",
    ]);
    let json = world.run(&["show", "--json", "p"]).done();
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let checks: Vec<(&str, &str)> = json["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["address"]["to_display"].as_str().unwrap(), check["status"].as_str().unwrap()))
        .collect();
    assert_eq!(checks, [("check.exists", "unknown"), ("check.id", "unknown"), ("check.missing", "error")]);
    let applied = world.run(&["apply", "p"]).done();
    assert!(!applied.stderr.contains("check.exists"), "{}", applied.stderr);
    applied
        .says(&["Apply complete! Resources: 1 added"])
        .complains(&["warning[check-failed]: check.id does not hold", "That is no user."]);
    world.plan().done().says(&["No changes."]).complains(&["check.id does not hold"]);
}

#[test]
fn data_that_depends_on_a_change_is_read_after_it() {
    let world = world(
        r#"
role "first" {
  description = "one"
}

data "role" "first" {
  name       = "first"
  depends_on = [role.first]
}

data "role" "by-id" {
  name = trimprefix("${role.first.unique_id}/first", "${role.first.unique_id}/")
}

role "second" {
  description = "${data.role.first.description} ${data.role.first.unique_id == role.first.unique_id}"
}

role "third" {
  description = data.role.by-id.description
}

output "first" {
  value = data.role.first.description
}
"#,
    );
    world.plan().done().complains(&["data.role.first is read only while applying", "depends on role.first"]);
    world.apply().done().says(&["3 added", "first = \"one\""]);
    let shown = world.run(&["plan"]).done();
    shown.says(&["No changes."]);
    // Read before the change it would be what it was.
    world.edit("\"one\"", "\"two\"");
    world.apply().done().says(&["2 changed", "first = \"two\""]);
    world.apply().done().says(&["first = \"two\""]);
    world.unchanged();
}

#[test]
fn conditions_and_checks_in_json() {
    let world = World::empty();
    let text = r#"{
  "stack": {"platform": {}},
  "provider": {"aws": {"region": "us-east-2"}},
  "role": {
    "base": {"description": "one"},
    "app": {
      "lifecycle": {
        "precondition": {
          "condition": "${length(role.base.unique_id) > 1}",
          "error_message": "There has to be a base."
        },
        "postcondition": [
          {"condition": "${self.path == \"/\"}", "error_message": "${self.name} is elsewhere."}
        ],
        "replace_triggered_by": ["role.base.description"]
      }
    }
  },
  "check": {
    "name": {
      "data": {"role": {"other": {"name": "nobody"}}},
      "assert": {"condition": "${role.app.name == \"other\"}", "error_message": "It is called ${role.app.name}."}
    }
  }
}"#;
    world.write("main.eks.json", text);
    let warnings = ["It is called app.", "There is no role \"nobody\""];
    world.apply().done().says(&["2 added"]).complains(&warnings);
    world.write("main.eks.json", &text.replace("\"one\"", "\"two\""));
    world.plan().done().says(&["role.app will be replaced due to changes in replace_triggered_by"]);
    world.write("main.eks.json", &text.replace("self.path == \\\"/\\\"", "self.path != \\\"/\\\""));
    world.plan().ends(1).complains(&["app is elsewhere."]);
}

#[test]
fn what_changes_replaces_what_names_it() {
    let world = world(
        r#"
role "base" {
  description = "one"
}

role "app" {
  lifecycle {
    replace_triggered_by = [role.base.description]
  }
}
"#,
    );
    world.apply().done();
    world.edit("\"one\"", "\"two\"");
    world.run(&["plan", "--out", "p"]).done().says(&[
        "# role.app will be replaced due to changes in replace_triggered_by",
        "Plan: 1 to add, 1 to change, 1 to destroy.",
    ]);
    let json = world.run(&["show", "--json", "p"]).done();
    assert!(json.stdout.contains("\"action_reason\": \"replace_by_triggers\""), "{}", json.stdout);
    let (_, calls) = world.during(|| world.run(&["apply", "p"]).done());
    // It goes first: if the apply stopped here, the next one would make it again.
    assert_eq!(writes(&calls), ["DeleteRole", "UpdateRole", "CreateRole"]);
    world.unchanged();
}

#[test]
fn a_saved_plan_remembers_which_files_there_were() {
    let world = world(
        r#"
role "app" {
  inline_policies = {
    for path in fileset("policies", "**/*.json") : replace(trimsuffix(path, ".json"), "/", "-") => file("policies/${path}")
  }
}
"#,
    );
    let policy =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    std::fs::create_dir_all(world.stack().join("policies/team")).unwrap();
    for file in ["policies/a.json", "policies/team/b.json", "policies/README.md"] {
        world.write(file, policy);
    }
    world.run(&["plan", "--out", "p"]).done().says(&["+ \"a\"", "+ \"team-b\""]);
    std::fs::remove_file(world.stack().join("policies/a.json")).unwrap();
    let (_, calls) = world.during(|| world.run(&["apply", "p"]).done());
    assert_eq!(writes(&calls), ["CreateRole", "PutRolePolicy", "PutRolePolicy"]);
    world.plan().done().says(&["- \"a\"", "Plan: 0 to add, 1 to change, 0 to destroy."]);
    // Nothing outside of the stack is listed.
    world.edit("fileset(\"policies\"", "fileset(\"..\"");
    world.plan().ends(1).complains(&["outside of the directories of the stack"]);
}

#[test]
fn each_instance_draws_its_own_uuid() {
    let world = world(
        r#"
role "app" {
  for_each    = toset(["blue", "green"])
  name        = "app-${each.key}"
  description = "${uuid()} ${templatefile("id.tpl", {})} ${templatefile("id.tpl", {})}"
}

output "ids" {
  value = flatten([for role in role.app : split(" ", role.description)])
}
"#,
    );
    world.write("id.tpl", "${uuid()}");
    world.run(&["plan", "--out", "p"]).done();
    let shown = world.run(&["show", "p"]).done().stdout;
    let uuid = regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap();
    let all: std::collections::BTreeSet<&str> = uuid.find_iter(&shown).map(|found| found.as_str()).collect();
    assert_eq!(all.len(), 6, "{shown}");
    let applied = world.run(&["apply", "p"]).done().stdout;
    for id in all {
        assert!(applied.contains(id), "{id} in\n{applied}");
    }
}
