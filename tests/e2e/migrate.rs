//! `eksform migrate irsa`: a cluster on IAM roles for service accounts moves to Pod Identity, in two steps.

use super::world::{World, count, writes};
use std::path::{Path, PathBuf};

fn case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/e2e/irsa")
}

/// An account with a cluster on IRSA, and a stack that declares a part of it.
fn seeded() -> World {
    let world = World::empty();
    let seed = case().join("seed.json");
    world.plain(&["sandbox", "seed", seed.to_str().unwrap(), "--dir", "../sandbox"], &[]).done();
    world.write("main.eks.hcl", &std::fs::read_to_string(case().join("main.eks.hcl")).unwrap());
    world
}

/// The trust policy of a role, as the account has it now.
fn trust(world: &World, role: &str) -> String {
    let export = world.plain(&["sandbox", "export", "--dir", "../sandbox"], &[]).done().stdout;
    let export: serde_json::Value = serde_json::from_str(&export).expect("JSON");
    let trust = &export["documents"][format!("123456789012/iam/role/{role}")]["trust"];
    trust.as_str().expect("a trust policy").to_string()
}

/// Fails unless the how-to guide shows this part of an output: from a text on to the next empty line.
#[track_caller]
fn in_the_guide(output: &str, from: &str) {
    let guide = include_str!("../../docs/how-to/move-to-pod-identity.md");
    let (_, rest) = output.split_once(from).expect(from);
    let shown = format!("{from}{}", rest.split("\n\n").next().unwrap_or_default());
    assert!(guide.contains(shown.trim_end()), "docs/how-to/move-to-pod-identity.md does not show\n{shown}");
}

#[test]
fn a_cluster_moves_and_nothing_is_removed_before_it_is_safe() {
    let world = seeded();
    world.unchanged();
    let refused = world.run(&["migrate", "irsa", "--finish"]).ends(1);
    world.snapshot(&refused.stderr, "migrate-too-early");
    in_the_guide(&refused.stderr, "error[irsa-in-use]");
    refused.complains(&[
        "The OIDC provider is still needed, so no trust policy was changed",
        "role.demo-cni: the add-on vpc-cni still uses it through IRSA",
        "role.demo-cni: kube-system/aws-node has no Pod Identity association",
    ]);
    let before = world.read("main.eks.hcl");
    let (printed, calls) = world.during(|| world.run(&["migrate", "irsa", "--dry-run"]).done());
    world.snapshot(&printed.stdout, "migrate-dry-run");
    assert_eq!(writes(&calls), Vec::<String>::new());
    assert_eq!(world.read("main.eks.hcl"), before);
    assert!(!world.stack().join("irsa.eks.hcl").exists());

    let (moved, calls) = world.during(|| world.run(&["migrate", "irsa"]).done());
    world.snapshot(&moved.stdout, "migrate");
    in_the_guide(&moved.stdout, "From IRSA to Pod Identity");
    in_the_guide(&printed.stdout, "--- old/main.eks.hcl");
    in_the_guide(&printed.stdout, "pod_identity_association \"orders\"");
    assert_eq!(writes(&calls), Vec::<String>::new());
    assert!(count(&calls, "GetAccountAuthorizationDetails") > 0);
    world.run(&["fmt", "--check"]).done();

    // Written, and not applied yet.
    world.run(&["migrate", "irsa"]).done().says(&["There is nothing to move on the cluster demo."]);
    world.run(&["migrate", "irsa", "--finish"]).ends(1);
    let (_, calls) = world.during(|| world.apply().done());
    let order = writes(&calls);
    let at = |operation: &str| order.iter().position(|one| one == operation).expect(operation);
    assert!(at("UpdateAssumeRolePolicy") < at("UpdateAddon"), "{order:?}");
    // No pod is sent to an agent that is not there.
    for later in ["UpdateAddon", "CreatePodIdentityAssociation"] {
        assert!(at("CreateAddon") < at(later), "{order:?}");
    }
    for (role, account) in [("demo-cni", "aws-node"), ("demo-ebs", "ebs-csi"), ("demo-orders", "orders")] {
        let trust = trust(&world, role);
        assert!(trust.contains("pods.eks.amazonaws.com") && trust.contains("sts:TagSession"), "{trust}");
        assert!(trust.contains("sts:AssumeRoleWithWebIdentity") && trust.contains(account), "{trust}");
    }
    // What could not be moved stayed as it was.
    for role in ["demo-batch", "demo-billing", "other-orders"] {
        assert!(!trust(&world, role).contains("pods.eks.amazonaws.com"), "{role}");
    }
    world.unchanged();
    world.run(&["migrate", "irsa"]).done().says(&["There is nothing to move on the cluster demo."]);

    let finished = world.run(&["migrate", "irsa", "--finish"]).done();
    world.snapshot(&finished.stdout, "migrate-finish");
    in_the_guide(&finished.stdout, "From IRSA to Pod Identity");
    world.run(&["fmt", "--check"]).done();
    let (_, calls) = world.during(|| world.apply().done());
    assert!(writes(&calls).iter().all(|one| one == "UpdateAssumeRolePolicy"), "{:?}", writes(&calls));
    for role in ["demo-ebs", "demo-orders"] {
        let trust = trust(&world, role);
        assert!(trust.contains("pods.eks.amazonaws.com") && !trust.contains("oidc-provider"), "{trust}");
    }
    world.unchanged();
}

#[test]
fn a_cluster_without_irsa_has_nothing_to_move() {
    let world = World::example("pod-identity");
    world.run(&["migrate", "irsa"]).ends(1).complains(&["there is no cluster \"demo\""]);
    world.apply().done();
    let (nothing, calls) = world.during(|| world.run(&["migrate", "irsa"]).done());
    nothing.says(&["There is nothing to move on the cluster demo."]);
    assert_eq!(writes(&calls), Vec::<String>::new());
    world
        .run(&["migrate", "irsa", "--finish"])
        .done()
        .says(&["There is nothing to finish on the cluster demo."]);
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let world = seeded();
    world.write("irsa.eks.hcl", "");
    world.write("irsa-demo.eks.hcl", "");
    let refused = world.run(&["migrate", "irsa"]).ends(1);
    refused.complains(&["irsa-demo.eks.hcl exists already, and is not overwritten"]);
    assert_eq!(world.read("irsa.eks.hcl"), "");
}

#[test]
fn what_cannot_be_read_is_no_absence() {
    let world = seeded();
    let server = world.server();
    for operation in ["ListAddons", "DescribeCluster", "GetAccountAuthorizationDetails"] {
        let denied = serde_json::json!([{"operation": operation, "rate": 1.0, "fault": {"kind": "error", "code": "AccessDeniedException", "message": "not allowed", "status": 403}}]);
        server.faults(&denied);
        world.run(&["migrate", "irsa"]).ends(1).complains(&["AccessDenied"]);
    }
}
