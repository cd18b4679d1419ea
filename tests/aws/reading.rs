//! What answering wants takes, and what it finds.

use super::world::*;
use eksform::aws::Memory;
use eksform::live::{AddonConfiguration, AddonKey, Coverage, Fact, Snapshot};
use eksform::value::{ProviderRef, Want};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const KINDS: [&str; 4] = ["cluster", "addon", "pod_identity_association", "role"];

/// A cluster with an add-on that owns an association, a workload's association, and their roles.
async fn account() -> World {
    account_of(World::new()).await
}

async fn account_of(world: World) -> World {
    world.cluster("demo").await;
    let role = world.role("Cni", "pods.eks.amazonaws.com", CNI_POLICY).await;
    let block = json!({ "aws-node": { "service_account": "aws-node", "role_arn": role.text("arn") } });
    let after = json!({ "pod_identity_association": block, "ownership": ours("addon.vpc-cni") });
    world.create("addon", &["demo", "vpc-cni"], after).await;
    let after = json!({ "role_arn": role.text("arn"), "ownership": ours("pod_identity_association.orders") });
    world.create("pod_identity_association", &["demo", "shop", "orders"], after).await;
    world
}

/// What of the stack is there, by name.
fn existing(snapshot: &Snapshot) -> Vec<String> {
    snapshot.existing().map(|(identity, _)| format!("{} {}", identity.kind, identity.name())).collect()
}

const ALL: [&str; 5] = [
    "role Cni",
    "role demo-cluster",
    "addon demo/vpc-cni",
    "cluster demo",
    "pod_identity_association demo/shop/orders",
];

#[tokio::test(start_paused = true)]
async fn everything_the_stack_owns_is_found() {
    let world = account().await;
    let seen = world.sandbox.log().len();
    let snapshot = world.answered(KINDS.map(owned)).await;
    let mut found = existing(&snapshot);
    found.sort_by_key(|name| ALL.iter().position(|known| known == name));
    assert_eq!(found, ALL);
    assert!(snapshot.coverage.values().all(|coverage| *coverage == Coverage::Complete));
    let mut calls = world.operations(seen);
    calls.sort();
    assert_eq!(
        calls,
        [
            "DescribeAddon",
            "DescribeCluster",
            "DescribePodIdentityAssociation",
            "DescribePodIdentityAssociation",
            "GetAccountAuthorizationDetails",
            "GetCallerIdentity",
            "GetResources",
            "ListRoles",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn refusals_are_worked_around() {
    let bulk = |request: &http::Request<bytes::Bytes>| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        request.uri().host().is_some_and(|host| host.starts_with("tagging"))
            || body.contains("Action=GetAccountAuthorizationDetails")
    };
    let world = account_of(World::with(|_| {}, bulk)).await;
    let snapshot = world.answered(KINDS.map(owned)).await;
    let mut found = existing(&snapshot);
    found.sort_by_key(|name| ALL.iter().position(|known| known == name));
    assert_eq!(found, ALL);
    assert!(snapshot.coverage.values().all(|coverage| *coverage == Coverage::Complete));
}

/// One by one and in bulk, an object is the same.
#[tokio::test(start_paused = true)]
async fn bulk_and_single_reads_agree() {
    let world = account().await;
    let snapshot = world.answered(KINDS.map(owned)).await;
    for (identity, object) in snapshot.existing() {
        let key: Vec<&str> = identity.key.iter().map(|part| part.as_str()).collect();
        assert_eq!(world.read(&identity.kind, &key).await, Fact::Known(object.clone()), "{identity}");
    }
}

#[tokio::test(start_paused = true)]
async fn members_and_catalog() {
    let world = account().await;
    let provider = ProviderRef::default;
    let wants = [
        Want::Members { provider: provider(), cluster: "demo".into() },
        Want::Members { provider: provider(), cluster: "none".into() },
        Want::AddonVersions { provider: provider(), addon: "vpc-cni".into(), kubernetes: "1.33".into() },
        Want::ClusterVersions(provider()),
        object("pod_identity_association", &["demo", "shop", "nobody"]),
        object("role", &["nobody"]),
        object("cluster", &["none"]),
    ];
    let snapshot = world.answered(wants).await;
    let Fact::Known(members) = &snapshot.members[&identity("cluster", &["demo"])] else { panic!("known") };
    assert_eq!(members.addons, ["vpc-cni"]);
    assert_eq!(members.associations.len(), 2);
    assert_eq!(members.associations.iter().filter(|member| member.owner_arn.is_some()).count(), 1);
    assert_eq!(snapshot.members[&identity("cluster", &["none"])], Fact::Absent);
    assert!(snapshot.objects.values().all(|fact| *fact == Fact::Absent));
    assert_eq!(snapshot.objects.len(), 3);
    let Some(Fact::Known(versions)) = snapshot.addon_versions.values().next() else { panic!("known") };
    assert_eq!(versions.iter().filter(|version| version.default).count(), 1);
    let version = versions[0].version.clone();
    let want = Want::AddonConfiguration { provider: provider(), addon: "vpc-cni".into(), version };
    let snapshot = world.answered([want]).await;
    let Some(Fact::Known(configuration)) = snapshot.addon_configurations.values().next() else {
        panic!("known")
    };
    assert!(configuration.schema.is_some());
    assert_eq!(&*configuration.service_accounts[0].0, "aws-node");
}

/// What a run keeps for the next.
#[derive(Default)]
struct Kept(Mutex<BTreeMap<AddonKey, AddonConfiguration>>);

impl Memory for Kept {
    fn recall(&self, key: &AddonKey) -> Option<AddonConfiguration> {
        self.0.lock().expect("no panic while held").get(key).cloned()
    }

    fn remember(&self, key: &AddonKey, fact: &AddonConfiguration) {
        self.0.lock().expect("no panic while held").insert(key.clone(), fact.clone());
    }
}

/// What never changes is asked once and never again; what may change is asked every time.
#[tokio::test(start_paused = true)]
async fn a_second_run_makes_fewer_calls() {
    let kept = Arc::new(Kept::default());
    let world = World::remembering(kept.clone());
    let provider = ProviderRef::default;
    let configuration = |version: &str| Want::AddonConfiguration {
        provider: provider(),
        addon: "vpc-cni".into(),
        version: version.into(),
    };
    let versions =
        Want::AddonVersions { provider: provider(), addon: "vpc-cni".into(), kubernetes: "1.33".into() };
    let first = world.answered([versions.clone()]).await;
    let Some(Fact::Known(offered)) = first.addon_versions.values().next() else { panic!("known") };
    let version = offered[0].version.clone();
    let wants = [versions, configuration(&version), configuration("v0.0.0-eksbuild.0")];
    let seen = world.sandbox.log().len();
    let first = world.answered(wants.clone()).await;
    let mut calls = world.operations(seen);
    calls.sort();
    // Who is asking is known to the connection.
    assert_eq!(
        calls,
        ["DescribeAddonConfiguration", "DescribeAddonConfiguration", "DescribeAddonVersions"],
        "what is there, and what is not"
    );
    assert_eq!(kept.0.lock().expect("no panic while held").len(), 1);
    // Another process with the same memory.
    let again = world.again(Some(kept));
    let seen = world.sandbox.log().len();
    let second = again.answered(wants.clone()).await;
    let mut calls = world.operations(seen);
    calls.sort();
    assert_eq!(calls, ["DescribeAddonConfiguration", "DescribeAddonVersions", "GetCallerIdentity"]);
    assert_eq!(second.addon_configurations, first.addon_configurations);
    assert_eq!(second.addon_versions, first.addon_versions);
    // And one without.
    let seen = world.sandbox.log().len();
    world.again(None).answered(wants).await;
    assert_eq!(world.operations(seen).len(), 4);
}
