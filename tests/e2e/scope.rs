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

#[tokio::test]
async fn drift_is_a_short_table_and_an_exit_code() {
    let world = World::of(ROLES);
    let server = world.server();
    world
        .run(&["drift"])
        .ends(2)
        .says(&["role.base          missing", "Drift: 3 objects are not as the files say."]);
    world.apply().done();
    let (_, made) =
        world.during(|| world.run(&["drift"]).done().says(&["No drift. The account matches the files.\n"]));
    assert_eq!(writes(&made), Vec::<String>::new());
    server.iam.update_role().role_name("green").description("by hand").send().await.unwrap();
    server.iam.delete_role().role_name("base").send().await.unwrap();
    world.edit("\"blue\", ", "");
    let run = world.run(&["drift"]).ends(2);
    let (_, table) = run.stdout.split_once("\n\n").unwrap();
    assert_eq!(
        table,
        "role.app[\"blue\"]   undeclared\n\
         role.app[\"green\"]  changed     description\n\
         role.base          missing\n\n\
         Drift: 3 objects are not as the files say.\n"
    );
    let json = world.run(&["drift", "--json", "--exclude", "role.base"]).ends(2).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["drifted"], true);
    assert_eq!(json["left_out"], serde_json::json!(["role.app[\"green\"]", "role.base"]));
    assert_eq!(json["objects"][0]["state"], "undeclared");
    assert_eq!(json["objects"].as_array().unwrap().len(), 1);
    world.edit("role.base.arn", "role.bas.arn");
    world.run(&["drift"]).ends(1).complains(&["unknown-reference"]);
}

#[test]
fn drift_says_what_could_not_be_searched() {
    let world = World::of(ROLES);
    world.apply().done();
    let server = world.server();
    let denied =
        |operation: &str| serde_json::json!({"operation": operation, "fault": {"kind": "access_denied"}});
    server.faults(&serde_json::json!([denied("GetAccountAuthorizationDetails"), denied("ListRoles")]));
    let run = world.run(&["drift"]).done();
    run.says(&["No drift.", "Incomplete: Orphan roles could not be looked for"]);
}

/// A repository of the world's stack, with what is there now committed as `main`.
fn repository(world: &World) {
    for args in [
        &["init", "--quiet", "--initial-branch=main", ".."][..],
        &["add", "--all", ".."],
        &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message=first"],
    ] {
        let mut git = std::process::Command::new("git");
        let git = git
            .args(args)
            .current_dir(world.stack())
            .env("HOME", world.home())
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

const WITH_A_MODULE: &str = r#"
stack "platform" {}

role "here" { description = file("here.txt") }

role "drifted" {}

module "there" { source = "../module" }
"#;

#[tokio::test]
async fn a_plan_tells_what_the_files_changed_from_what_the_account_did() {
    let world = World::of(WITH_A_MODULE);
    let module = world.stack().join("../module");
    std::fs::create_dir(&module).unwrap();
    std::fs::write(module.join("main.eks.hcl"), "role \"there\" { description = file(\"there.txt\") }\n")
        .unwrap();
    std::fs::write(world.stack().join("there.txt"), "before").unwrap();
    std::fs::write(world.stack().join("here.txt"), "before").unwrap();
    std::fs::write(world.stack().join("../.gitignore"), "home\nsandbox\n").unwrap();
    let system = std::env::var("PATH").unwrap_or_default();
    // The world may lie in a repository of its own.
    let above = world.stack().parent().and_then(std::path::Path::parent).unwrap().display().to_string();
    let against = |args: &[&str]| {
        world.run_with(args, &[("PATH", system.as_str()), ("GIT_CEILING_DIRECTORIES", above.as_str())])
    };
    against(&["plan", "--base", "main"]).ends(1).complains(&["error[no-repository]: --base main"]);
    repository(&world);
    let server = world.server();
    world.apply().done();
    against(&["plan", "--base", "mian"]).ends(1).complains(&["error[unknown-revision]: --base mian"]);
    against(&["plan", "--base=--output=x"]).ends(1).complains(&["git knows no such revision"]);
    // Nothing changed: nothing is asked that a plan does not ask.
    let (_, asked) = world.during(|| world.plan().done());
    let (_, more) = world.during(|| against(&["plan", "--base", "main"]).done().says(&["No changes."]));
    assert_eq!(more.len(), asked.len());
    std::fs::write(world.stack().join("here.txt"), "after").unwrap();
    std::fs::write(module.join("more.eks.hcl"), "role \"more\" {}\n").unwrap();
    server.iam.update_role().role_name("drifted").description("by hand").send().await.unwrap();
    server.iam.update_role().role_name("there").description("by hand").send().await.unwrap();
    let plan = against(&["plan", "--base", "main", "-out=p"]).done();
    world.snapshot(&plan.stdout, "base");
    // A saved plan knows it too.
    let json = world.run(&["show", "--json", "p"]).done().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["eksform"]["base"], "main");
    let causes: Vec<&str> = json["eksform"]["order"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["cause"].as_str().unwrap())
        .collect();
    assert_eq!(causes, ["intended", "drift", "drift", "intended"]);
    world.run(&["apply", "p"]).done();
    world.unchanged();
    world.run_with(&["plan", "--base", "main"], &[("PATH", "")]).ends(1).complains(&["git cannot be run"]);
}

#[tokio::test]
async fn what_is_released_stays_and_is_nobodys() {
    let world = World::example("pod-identity");
    let server = world.server();
    world.apply().done();
    let text = world.read("main.eks.hcl");
    let without = &text[..text.find("addon \"vpc-cni\"").unwrap()];
    let removed = "\nremoved {\n  from = addon.vpc-cni\n  lifecycle { destroy = false }\n}\n";
    world.write("main.eks.hcl", &format!("{without}{removed}"));
    let (run, made) = world.during(|| world.apply().done());
    assert_eq!(writes(&made), ["UntagResource"]);
    run.says(&[
        "  . release, without destroying",
        "# addon.vpc-cni will be released (it stays, but is no longer this stack's)",
        "Plan: 0 to add, 0 to change, 0 to destroy, 1 to release.",
        "addon.vpc-cni: released",
        "Apply complete! Resources: 0 added, 0 changed, 0 destroyed, 1 released.",
    ]);
    let tags = server.addon("demo", "vpc-cni").await.tags.unwrap_or_default();
    assert!(tags.keys().all(|key| !key.starts_with("eksform:")), "{tags:?}");
    world.unchanged();
    // By name, and asked about first.
    let declined = world.answer(&["release", "role.vpc_cni"], "no\n").ends(1);
    declined.says(&["Plan: 0 to add, 0 to change, 0 to destroy, 1 to release.", "Nothing was changed."]);
    let (run, made) =
        world.during(|| world.run(&["release", "--auto-approve", "role.vpc_cni", "cluster.demo"]).done());
    let mut made = writes(&made);
    made.sort();
    assert_eq!(made, ["UntagResource", "UntagRole"]);
    run.complains(&["role.vpc_cni is still declared", "cluster.demo is still declared"]);
    world.plan().ends(1).complains(&["error[not-owned]", "--adopt 'cluster.demo'"]);
    world
        .run(&["release", "--auto-approve", "role.vpc_cni"])
        .ends(1)
        .complains(&["nothing is owned under this name"]);
}

#[test]
fn destroying_needs_everything_to_be_searched() {
    let world = World::of(ROLES);
    world.apply().done();
    let server = world.server();
    let denied =
        |operation: &str| serde_json::json!({"operation": operation, "fault": {"kind": "access_denied"}});
    server.faults(&serde_json::json!([denied("GetResources"), denied("ListClusters")]));
    let (run, made) = world.during(|| world.run(&["destroy", "--auto-approve"]).ends(1));
    assert_eq!(writes(&made), Vec::<String>::new());
    run.complains(&["error[not-searched]", "addon in 123456789012/us-east-2", "--partial"]);
    let partial = ["destroy", "--auto-approve", "--partial"];
    world.run(&partial).done().says(&["0 to add, 0 to change, 3 to destroy", "Incomplete: Orphan add-ons"]);
}

#[test]
fn orphans_are_found_in_the_regions_of_the_stack() {
    let world =
        World::of("stack \"platform\" {}\nprovider \"aws\" { region = \"us-west-2\" }\nrole \"west\" {}\n");
    world.apply().done();
    world.write(
        "main.eks.hcl",
        "stack \"platform\" {}\nprovider \"aws\" { region = \"us-east-2\" }\nrole \"east\" {}\n",
    );
    world
        .apply()
        .done()
        .says(&["1 added, 0 changed, 0 destroyed"])
        .complains(&["warning[other-region]", "regions = ["]);
    world.edit("{}\nprovider", "{ regions = [\"us-west-2\"] }\nprovider");
    world.apply().done().says(&["role.west will be destroyed", "account 123456789012 in us-west-2"]);
    world.unchanged();
}

#[tokio::test]
async fn ignored_tags_stay_as_they_are() {
    let provider = "provider \"aws\" {\n  ignore_tags { key_prefixes = [\"cost:\"] }\n}\n";
    let world = World::of(&format!(
        "stack \"platform\" {{}}\n{provider}role \"app\" {{ tags = {{ name = \"app\" }} }}\n"
    ));
    world.apply().done();
    let server = world.server();
    let tag = aws_sdk_iam::types::Tag::builder().key("cost:center").value("7").build().unwrap();
    server.iam.tag_role().role_name("app").tags(tag).send().await.unwrap();
    world.unchanged();
    world.edit("\"app\" } }", "\"web\" } }");
    let (_, made) = world.during(|| world.apply().done());
    assert_eq!(writes(&made), ["TagRole"]);
    let tags = server.iam.list_role_tags().role_name("app").send().await.unwrap();
    assert!(tags.tags().iter().any(|tag| tag.key() == "cost:center" && tag.value() == "7"), "{tags:?}");
}
