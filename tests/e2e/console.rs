//! Questions, exit codes and flags.

use std::io::{Read, Write};
use std::process::Stdio;

use super::world::{World, writes};

const ROLE_ONLY: &str = "stack \"s\" {}\nrole \"r\" {}\n";

#[test]
fn only_yes_is_yes() {
    let world = World::of(ROLE_ONLY);
    for answer in ["", "\n", "no\n", "y\n", "YES\n", "yes please\n"] {
        let (asked, calls) = world.during(|| world.answer(&["apply"], answer).ends(1));
        asked.says(&["Plan: 1 to add", "Only \"yes\" will be accepted.", "Nothing was changed."]);
        assert_eq!(writes(&calls), Vec::<String>::new(), "{answer:?}");
    }
    world.answer(&["apply"], "yes\n").done().says(&["Apply complete! Resources: 1 added"]);
    // Nothing to do, nothing to ask.
    let nothing = world.answer(&["apply"], "").done().says(&["No changes."]);
    assert!(!nothing.stdout.contains("Enter a value"));
    world.answer(&["destroy"], "no\n").ends(1).says(&["There is no undo."]);
    world.answer(&["apply", "--destroy"], "yes\n").done().says(&["1 destroyed"]);
}

/// While somebody reads the plan, somebody else is faster.
#[tokio::test]
async fn a_yes_that_comes_too_late_changes_nothing() {
    let world = World::of(ROLE_ONLY);
    let server = world.server();
    let mut command = world.command(&["apply", "--sandbox=../sandbox"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut seen, mut out) = (Vec::new(), child.stdout.take().unwrap());
    while !seen.ends_with(b"Enter a value: ") {
        let mut byte = [0];
        assert_eq!(out.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&seen));
        seen.push(byte[0]);
    }
    server.make_role("r", super::server::PODS_TRUST, "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy").await;
    child.stdin.take().unwrap().write_all(b"yes\n").unwrap();
    let mut refused = super::world::outcome(&child.wait_with_output().unwrap());
    refused.stdout = String::from_utf8_lossy(&seen).into_owned();
    refused
        .ends(1)
        .complains(&["The account changed since the plan was made", "did not exist, and does now"]);
    assert_eq!(server.attached("r").await.len(), 1);
}

#[test]
fn yes_does_not_destroy_a_cluster() {
    let world = World::example("pod-identity");
    world.apply().done();
    let (refused, calls) = world.during(|| world.answer(&["destroy"], "yes\n").ends(1));
    assert_eq!(writes(&calls), Vec::<String>::new());
    world.snapshot(&refused.stderr, "destroys-cluster");
    // Not by removing the block either.
    let text = world.read("main.eks.hcl");
    world.write("main.eks.hcl", &text[..text.find("role \"cluster\"").unwrap()]);
    world.apply().ends(1);
    world.run(&["plan", "--allow-orphans"]).ends(1).complains(&["cluster.demo"]);
    let allowed = ["apply", "--auto-approve", "--allow-orphans", "--allow-destroy", "cluster.demo"];
    world.run(&allowed).done().says(&["4 destroyed"]);
}

#[test]
fn exit_codes_and_single_dashes() {
    let world = World::of(ROLE_ONLY);
    world.run(&["plan"]).ends(0);
    world.run(&["plan", "-detailed-exitcode", "-out=x"]).ends(2);
    world.run(&["apply", "-auto-approve"]).ends(0);
    world.run(&["plan", "--detailed-exitcode"]).ends(0);
    let mut elsewhere =
        world.command(&["-chdir=../stack", "plan", "-sandbox=../sandbox", "-detailed-exitcode"]);
    super::world::run(elsewhere.current_dir(world.home())).ends(0);
    world.write("main.eks.hcl", "stack \"s\" {}\nrole \"r\" {\n");
    world.run(&["plan", "--detailed-exitcode"]).ends(1).complains(&["main.eks.hcl:"]);
    world.run(&["validate"]).ends(1);
    world.plain(&["nonsense"], &[]).ends(1);
    world.plain(&["plan", "--nonsense"], &[]).ends(1);
    world.plain(&["--version"], &[]).done().says(&["eksform "]);
    world.plain(&["--help"], &[]).done().says(&["Usage: eksform"]);
}

#[test]
fn plan_files_are_named_relative_to_the_stack_like_everything_else() {
    let world = World::of(ROLE_ONLY);
    let from_home = |args: &[&str]| {
        let mut command = world.command(&["-chdir=../stack", "--sandbox=../sandbox"]);
        super::world::run(command.args(args).current_dir(world.home()))
    };
    from_home(&["plan", "--out", "p"]).done();
    assert!(world.stack().join("p").is_file());
    from_home(&["show", "p"]).done().says(&["1 to add"]);
    from_home(&["apply", "p"]).done().says(&["1 added"]);
    world.write("main.eks.hcl", &format!("{ROLE_ONLY}variable \"v\" {{ type = string }}\n"));
    world.write("v.hcl", "v = \"x\"\n");
    from_home(&["plan", "--var-file", "v.hcl"]).done();
}

#[test]
fn nobody_has_to_read_to_the_end() {
    let world = World::example("pod-identity");
    for (args, code) in
        [(&["plan"][..], 0), (&["plan", "--detailed-exitcode"], 2), (&["apply", "--auto-approve"], 0)]
    {
        let mut command = world.command(args);
        command.arg("--sandbox=../sandbox").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
    }
    world.unchanged();
}

#[test]
fn validate_asks_nobody() {
    let world = World::example("cluster-with-addons");
    let server = world.server();
    world.plain(&["validate"], &server.environment()).done().says(&["The configuration is valid."]);
    world.plain(&["validate"], &[]).done();
    world.run(&["validate"]).done();
    assert!(world.calls().is_empty());
    // A mistake stops plan and apply before any call as well.
    world.write("wrong.eks.hcl", "addon \"x\" {\n  cluster = cluster.mian.name\n}\n");
    for command in [&["validate"][..], &["plan"], &["apply", "--auto-approve"]] {
        world.run(command).ends(1).complains(&["wrong.eks.hcl:2"]);
    }
    assert!(world.calls().is_empty());
}

/// The README's own command, twice.
#[test]
fn the_readme_command_works_from_elsewhere() {
    let world = World::example("pod-identity");
    let run = || {
        let mut command = world.command(&["--sandbox", "--chdir", "../stack", "apply", "-auto-approve"]);
        super::world::run(command.current_dir(world.home())).done()
    };
    run().says(&["Apply complete! Resources: 4 added, 0 changed, 0 destroyed."]);
    run().says(&["No changes."]);
}

/// The environment, then files of the stack, then files and values in the order they are given.
#[test]
fn variables_come_from_everywhere_and_the_last_one_counts() {
    let world = World::of(
        "stack \"s\" {}\nvariable \"v\" { default = \"default\" }\noutput \"v\" { value = var.v }\n",
    );
    let environment = [("EKSFORM_VAR_v", "environment")];
    let shows = |args: &[&str], environment: &[(&str, &str)], value: &str| {
        let mut all = vec!["apply", "--auto-approve"];
        all.extend(args);
        world.run_with(&all, environment).done().says(&[&format!("v = \"{value}\"")]);
    };
    shows(&[], &[], "default");
    shows(&[], &environment, "environment");
    world.write("v.auto.eksvars.hcl", "v = \"automatic\"\n");
    shows(&[], &environment, "automatic");
    world.write("v.hcl", "v = \"file\"\n");
    shows(&["--var-file=v.hcl"], &environment, "file");
    shows(&["--var-file", "v.hcl", "--var", "v=flag"], &environment, "flag");
    let missing = world.run(&["plan", "--var-file=nowhere.hcl"]).ends(1);
    missing.complains(&["nowhere.hcl cannot be read"]);
}
