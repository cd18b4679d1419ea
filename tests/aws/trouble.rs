//! Changes that take a while to be seen, lost answers, throttling.

use super::world::*;
use eksform::live::Fact;
use eksform::sandbox::{Fault, FaultRule, Faults};
use serde_json::json;
use std::time::Duration;

fn rule(operation: &str, fault: Fault) -> FaultRule {
    FaultRule { operation: operation.into(), nth: None, rate: None, times: None, fault }
}

/// A cluster, an add-on with its association, a workload's association, and their roles, made and deleted.
async fn everything(world: &World) {
    let cluster = world.cluster("demo").await;
    let role = world.role("Cni", "pods.eks.amazonaws.com", CNI_POLICY).await;
    let block = json!({ "aws-node": { "service_account": "aws-node", "role_arn": role.text("arn") } });
    let after = json!({ "pod_identity_association": block, "ownership": ours("addon.vpc-cni") });
    let addon = world.create("addon", &["demo", "vpc-cni"], after).await;
    let key = ["demo", "shop", "orders"];
    let after = json!({ "role_arn": role.text("arn"), "ownership": ours("pod_identity_association.orders") });
    let association = world.create("pod_identity_association", &key, after).await;
    let changed = json!({ "tags": { "team": "a" } });
    let kind_and_key: (&str, &[&str]) = ("pod_identity_association", &key);
    let tag = [entry("tags", "team")];
    let association = world.update(kind_and_key, "TagResource", &tag, &association, changed).await;
    world.delete("pod_identity_association", &key, &association).await;
    world.delete("addon", &["demo", "vpc-cni"], &addon).await;
    world.delete("cluster", &["demo"], &cluster).await;
    for (name, policy) in [("Cni", CNI_POLICY), ("demo-cluster", CLUSTER_POLICY)] {
        let Fact::Known(role) = world.read("role", &[name]).await else { panic!("{name} is there") };
        let gone = [entry("managed_policies", policy)];
        let role = world.update(("role", &[name]), "DetachRolePolicy", &gone, &role, json!({})).await;
        world.delete("role", &[name], &role).await;
    }
}

/// How often the sandbox was asked for an operation.
fn asked(world: &World, operation: &str) -> usize {
    world.operations(0).iter().filter(|asked| *asked == operation).count()
}

#[tokio::test(start_paused = true)]
async fn roles_that_are_not_visible_yet_are_waited_for() {
    let world = World::with(|options| options.consistency = Duration::from_secs(20), |_| false);
    everything(&world).await;
    assert!(asked(&world, "CreateCluster") > 1);
    assert!(asked(&world, "CreateAddon") > 1);
}

#[tokio::test(start_paused = true)]
async fn no_lost_answer_makes_anything_twice_or_stops() {
    for fault in [Fault::ResetBefore, Fault::ResetAfter, Fault::Truncate, Fault::InternalError] {
        let rules = ["Create*", "Update*", "Delete*", "Attach*", "Detach*", "Tag*"];
        let rules = rules.map(|operation| FaultRule { times: Some(1), ..rule(operation, fault.clone()) });
        let faults = Faults { seed: 1, rules: rules.to_vec() };
        let world = World::with(|options| options.faults = faults, |_| false);
        everything(&world).await;
    }
    // Each of the creates by itself.
    for fault in [Fault::ResetBefore, Fault::ResetAfter, Fault::Truncate] {
        for operation in ["CreateRole", "CreateCluster", "CreateAddon", "CreatePodIdentityAssociation"] {
            let rules = vec![FaultRule { nth: Some(1), ..rule(operation, fault.clone()) }];
            let world = World::with(|options| options.faults = Faults { seed: 1, rules }, |_| false);
            everything(&world).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_everywhere_only_slows_down() {
    let rules = vec![FaultRule { rate: Some(0.4), ..rule("*", Fault::Throttle) }];
    let world = World::with(|options| options.faults = Faults { seed: 7, rules }, |_| false);
    everything(&world).await;
    assert!(world.aws.stats().retries > 10);
}

#[tokio::test(start_paused = true)]
async fn a_failed_create_says_why() {
    let fault = Fault::Fail { code: "AccessDenied".into(), message: "the role may not".into() };
    let faults = Faults { seed: 1, rules: vec![rule("CreateAddon", fault)] };
    let world = World::with(|options| options.faults = faults, |_| false);
    world.cluster("demo").await;
    let after = map(json!({ "ownership": ours("addon.vpc-cni") }));
    let key = ["demo", "vpc-cni"];
    let change = Change {
        kind: "addon",
        key: &key,
        operation: "CreateAddon",
        paths: &[],
        before: None,
        after: Some(&after),
    };
    let error = world.make(&change).await.expect_err("it failed").to_string();
    assert!(error.contains("CREATE_FAILED: the role may not (AccessDenied)"), "{error}");
}
