//! `examples/import`: a cluster that others made, brought under a stack, and all that `import`, `adopt` and
//! `snapshot` say on the way.

use super::world::{Run, World, writes};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/import")
}

/// An account with the example's cluster, and an empty stack directory.
fn seeded() -> World {
    let world = World::empty();
    let seed = example().join("seed.json");
    world.plain(&["sandbox", "seed", seed.to_str().unwrap(), "--dir", "../sandbox"], &[]).done();
    world
}

fn files(world: &World) -> BTreeSet<String> {
    let entries = std::fs::read_dir(world.stack()).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Fails unless the how-to guide shows the output as it is, but for the line that names the account.
#[track_caller]
fn as_in_the_guide(output: &str) {
    let guide = include_str!("../../docs/how-to/import-a-cluster.md");
    let (_, shown) = output.split_once("\n\n").unwrap();
    assert!(guide.contains(shown), "docs/how-to/import-a-cluster.md does not show\n{shown}");
}

/// Holds text against a file of the example; `SNAPSHOTS=overwrite` writes it.
fn as_in_the_example(text: &str, name: &str) {
    let expected = snapbox::Data::read_from(&example().join(name), None).raw();
    let assert = snapbox::Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    assert.eq(text.to_string(), expected);
}

#[test]
fn a_cluster_is_written_adopted_and_then_there_is_nothing_to_do() {
    let world = seeded();
    let (imported, calls) = world.during(|| world.run(&["import", "cluster", "demo"]).done());
    world.snapshot(&imported.stdout, "imported");
    as_in_the_guide(&imported.stdout);
    assert_eq!(writes(&calls), Vec::<String>::new());
    let names = ["adopt.eks.hcl", "demo.eks.hcl", "stack.eks.hcl"];
    assert_eq!(files(&world), BTreeSet::from(names.map(String::from)));
    for name in names {
        as_in_the_example(&world.read(name), name);
    }
    world.run(&["fmt", "--check"]).done();
    world.plan().done().says(&["Plan: 13 to adopt, 0 to add, 0 to change, 0 to destroy."]);
    let (_, calls) = world.during(|| world.apply().done());
    let kinds: BTreeSet<String> = writes(&calls).into_iter().collect();
    assert_eq!(kinds, BTreeSet::from(["TagResource".to_string(), "TagRole".to_string()]));
    assert_eq!(writes(&calls).len(), 13);
    world.unchanged();
    std::fs::remove_file(world.stack().join("adopt.eks.hcl")).unwrap();
    world.unchanged();
    world
        .run(&["import", "cluster", "demo"])
        .ends(1)
        .complains(&["There is nothing to write for the cluster \"demo\"", "declared already: 13"]);
}

#[test]
fn nothing_is_overwritten() {
    let world = seeded();
    world.write("demo.eks.hcl", "stack \"mine\" {}\n");
    let refused = world.run(&["import", "cluster", "demo"]).ends(1);
    world.snapshot(&refused.stderr, "import-overwrites");
    assert_eq!(files(&world), BTreeSet::from(["demo.eks.hcl".to_string()]));
    assert_eq!(world.read("demo.eks.hcl"), "stack \"mine\" {}\n");
}

#[test]
fn what_is_printed_is_what_would_be_written() {
    let world = seeded();
    let printed = world.run(&["import", "cluster", "demo", "--stdout"]).done().stdout;
    assert_eq!(world.run(&["import", "cluster", "demo", "--out", "-"]).done().stdout, printed);
    assert_eq!(files(&world), BTreeSet::new());
    world.write("all.eks.hcl", &printed);
    world.plan().done().says(&["Plan: 13 to adopt, 0 to add, 0 to change, 0 to destroy."]);
}

#[test]
fn a_new_directory_becomes_a_stack_with_a_name_and_no_adopt_blocks() {
    let world = seeded();
    let import = ["import", "cluster", "demo", "--out", "eks/demo", "--stack", "platform", "--no-adopt"];
    world.run(&import).done().says(&["Wrote eks/demo/stack.eks.hcl", "Plan: 13 to adopt"]);
    assert_eq!(files(&world), BTreeSet::from(["eks".to_string()]));
    assert!(world.read("eks/demo/stack.eks.hcl").starts_with("stack \"platform\" {}\n"));
    assert!(!world.stack().join("eks/demo/adopt.eks.hcl").exists());
    world.run(&["plan", "--chdir", "eks/demo", "--sandbox=../../../sandbox"]);
    let refused = world.plain(&["plan", "--chdir", "eks/demo", "--sandbox=../../../sandbox"], &[]).ends(1);
    refused.complains(&["exists already, and it is not managed by any stack", "13 errors"]);
}

#[test]
fn a_stack_that_is_there_gets_what_it_does_not_declare() {
    let world = seeded();
    world.write(
        "main.eks.hcl",
        "stack \"mine\" {}\n\nprovider \"aws\" {\n  region = \"us-east-2\"\n}\n\nrole \"control_plane\" {\n  name             = \"demo-cluster\"\n  managed_policies = [\"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy\"]\n  trust {\n    service = \"eks.amazonaws.com\"\n    actions = [\"sts:AssumeRole\"]\n  }\n}\n\nrole \"ebs-irsa\" {\n  name = \"of-something-else\"\n}\n",
    );
    world.write("adopt.eks.hcl", "adopt {\n  to = role.control_plane\n}\n");
    let refused = world.run(&["import", "cluster", "demo", "--stack", "other"]).ends(1);
    refused.complains(&["--stack is for a new stack"]);
    world
        .run(&["import", "cluster", "demo"])
        .done()
        .says(&["Wrote adopt-demo.eks.hcl", "13 to adopt, 1 to add"]);
    let written = world.read("demo.eks.hcl");
    assert!(written.contains("role_arn          = role.control_plane.arn"), "{written}");
    // The label is taken.
    assert!(written.contains("role \"ebs-irsa-2\" {\n  name = \"ebs-irsa\"\n"), "{written}");
    assert!(!written.contains("\nstack \""), "{written}");
    world.plan().done().says(&["Plan: 13 to adopt, 1 to add, 0 to change, 0 to destroy."]);
}

#[test]
fn what_another_stack_owns_is_taken_over_only_if_it_is_named() {
    let world = seeded();
    world.run(&["import", "cluster", "demo", "--from-stack", "networking"]).done().says(&["14 to adopt"]);
    let adopt = world.read("adopt.eks.hcl");
    assert!(
        adopt.contains("adopt {\n  to         = addon.coredns\n  from_stack = \"networking\"\n}\n"),
        "{adopt}"
    );
    world.apply().done();
    world.unchanged();
}

#[test]
fn a_cluster_that_is_not_there_is_no_empty_one() {
    let world = seeded();
    let missing = world.run(&["import", "cluster", "dmeo"]).ends(1);
    missing.complains(&["There is no cluster \"dmeo\" in 123456789012/us-east-2"]);
    let server = world.server();
    for operation in ["ListAddons", "DescribeCluster"] {
        let denied = serde_json::json!([{"operation": operation, "rate": 1.0, "fault": {"kind": "error", "code": "AccessDeniedException", "message": "not allowed", "status": 403}}]);
        server.faults(&denied);
        let denied = world.run(&["import", "cluster", "demo"]).ends(1);
        denied.complains(&["could not be read", "AccessDenied"]);
    }
    assert_eq!(files(&world), BTreeSet::new());
}

fn adopt(world: &World) -> Run {
    world.run(&["adopt"]).done()
}

#[test]
fn adopt_lists_what_is_not_the_stacks() {
    let world = seeded();
    world.write(
        "main.eks.hcl",
        "stack \"mine\" {}\n\naddon \"coredns\" {\n  cluster = \"demo\"\n}\n\naddon \"vpc-cni\" {\n  cluster = \"demo\"\n}\n",
    );
    let (listed, calls) = world.during(|| adopt(&world));
    world.snapshot(&listed.stdout, "adopt-list");
    as_in_the_guide(&listed.stdout);
    assert_eq!(writes(&calls), Vec::<String>::new());
    let json = world.run(&["adopt", "--json"]).done().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let objects = json["objects"].as_array().unwrap();
    assert_eq!(objects.len(), 14);
    let of = |name: &str| objects.iter().find(|object| object["name"] == name).unwrap();
    assert_eq!(of("demo/coredns")["owner"], "networking");
    assert_eq!(
        of("demo/coredns")["adopt"],
        "adopt {\n  to         = addon.coredns\n  from_stack = \"networking\"\n}\n"
    );
    assert_eq!(of("demo-orders")["address"], serde_json::Value::Null);

    world.run(&["import", "cluster", "demo", "--from-stack", "networking"]).done();
    let blocks = "adopt {\n  to = addon.vpc-cni\n}\nadopt {\n  to         = addon.coredns\n  from_stack = \"networking\"\n}\n";
    world.write("more.eks.hcl", blocks);
    // The two blocks in main say less than is there.
    world.write(
        "main.eks.hcl",
        &world.read("main.eks.hcl").replace("\n}", "\n  lifecycle {\n    ignore_changes = all\n  }\n}"),
    );
    world.apply().done();
    adopt(&world).says(&["Everything that could be read of the cluster demo is this stack's."]);
}

#[test]
fn a_cluster_that_is_declared_and_not_there_has_nothing_to_adopt() {
    let world = World::example("pod-identity");
    adopt(&world).says(&["The cluster demo (123456789012/us-east-2) does not exist yet."]);
    world.apply().done();
    adopt(&world).says(&["Everything that could be read of the cluster demo is this stack's."]);
}

#[test]
fn a_plan_from_a_snapshot_asks_nothing() {
    let world = seeded();
    world.run(&["import", "cluster", "demo"]).done();
    world.run(&["plan", "--refresh=false"]).ends(1).complains(&["take a snapshot first: eksform snapshot"]);
    let (saved, calls) = world.during(|| world.run(&["snapshot"]).done());
    world.snapshot(&saved.stdout, "snapshot");
    assert_eq!(writes(&calls), Vec::<String>::new());
    // Neither credentials nor region nor the sandbox: nothing is asked.
    let (offline, calls) = world.during(|| world.plain(&["plan", "--refresh=false"], &[]).done());
    assert_eq!(calls.len(), 0);
    let live = world.plan().done();
    let rest = |text: &str| text.split_once("\n\n").map(|(_, rest)| rest.to_string());
    assert_eq!(rest(&offline.stdout), rest(&live.stdout));
    assert!(offline.stdout.starts_with("Snapshot .eksform/snapshot.json of "), "{}", offline.stdout);
    let named = world.plain(&["plan", "--snapshot", ".eksform/snapshot.json", "--detailed-exitcode"], &[]);
    assert_eq!(named.ends(2).stdout, offline.stdout);

    // What the files add: a member is absent because the cluster's list does not name it; of a role nobody knows.
    world.write(
        "new.eks.hcl",
        "role \"new\" {}\n\naddon \"kube-proxy\" {\n  cluster = cluster.demo.name\n}\n",
    );
    let added = world.plain(&["plan", "--refresh=false"], &[]).done();
    added
        .says(&["Plan: 13 to adopt, 2 to add, 0 to change, 0 to destroy."])
        .complains(&["Not in the snapshot, and planned as if it did not exist", "role new (123456789012)"]);
}

#[test]
fn a_saved_plan_from_a_snapshot_is_held_against_the_account() {
    let world = seeded();
    world.run(&["import", "cluster", "demo"]).done();
    world.run(&["snapshot", "before.json"]).done();
    world.plain(&["plan", "--snapshot", "before.json", "--out", "p"], &[]).done();
    let server = world.server();
    drop(server);
    world.apply().done();
    world.run(&["apply", "p"]).ends(1).complains(&["The account changed since the plan was made"]);
}

#[test]
fn a_damaged_or_foreign_snapshot_is_refused() {
    let world = seeded();
    world.run(&["import", "cluster", "demo"]).done();
    world.run(&["snapshot", "good.json"]).done();
    world.run(&["plan", "--out", "p"]).done();
    let good = world.read("good.json");
    assert_eq!(world.run(&["snapshot", "-"]).done().stdout.lines().count(), good.lines().count());
    for (text, why) in [
        (good.replace("demo-orders", "demo-ordfrs"), "was changed after it was written"),
        (good[..good.len() / 2].to_string(), "This is no snapshot, or it is damaged"),
        (good.replace("\"snapshot_format\": 1", "\"snapshot_format\": 7"), "The snapshot has format 7"),
        (world.read("p"), "This is a saved plan, not a snapshot"),
        ("{}".to_string(), "it does not say which format it has"),
        ("[]".to_string(), "This is no snapshot"),
    ] {
        world.write("bad.json", &text);
        world.plain(&["plan", "--snapshot", "bad.json"], &[]).ends(1).complains(&["bad.json: ", why]);
    }
}

#[test]
fn a_sensitive_value_is_never_in_a_snapshot() {
    let world = seeded();
    world.write(
        "main.eks.hcl",
        "stack \"mine\" {}\n\nvariable \"token\" {\n  type      = string\n  sensitive = true\n}\n\naddon \"vpc-cni\" {\n  cluster              = \"demo\"\n  configuration_values = { token = var.token }\n}\n",
    );
    let refused = world.run(&["snapshot", "--var", "token=hunter2", "s.json"]).ends(1);
    assert!(!refused.stderr.contains("hunter2"));
    refused.complains(&["addon.vpc-cni.configuration_values is sensitive"]);
    assert!(!world.stack().join("s.json").exists());
}
