//! Each kind from create to delete.

use super::world::*;
use eksform::live::{Fact, Phase};
use eksform::value::Path;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn roles() {
    let world = World::new();
    let role = world.role("Orders", "pods.eks.amazonaws.com", CNI_POLICY).await;
    let key: (&str, &[&str]) = ("role", &["orders"]);
    assert_eq!(role.text("arn"), "arn:aws:iam::123456789012:role/Orders");
    assert_eq!(as_json(&role)["managed_policies"], json!([CNI_POLICY]));
    let policies = json!({ "inline_policies": { "p": { "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }] } } });
    let role = world.update(key, "PutRolePolicy", &[entry("inline_policies", "p")], &role, policies).await;
    assert!(
        as_json(&role)["inline_policies"]["p"].as_str().is_some_and(|text| text.contains("s3:GetObject"))
    );
    let changed = json!({ "description": "orders", "max_session_duration": 7200 });
    let role = world.update(key, "UpdateRole", &[Path::attribute("description")], &role, changed).await;
    assert_eq!(role.text("description"), "orders");
    let changed = json!({ "trust_policy": trust("ec2.amazonaws.com") });
    let role =
        world.update(key, "UpdateAssumeRolePolicy", &[Path::attribute("trust_policy")], &role, changed).await;
    assert!(role.text("trust_policy").contains("ec2.amazonaws.com"));
    let changed = json!({ "permissions_boundary": CNI_POLICY });
    let paths = [Path::attribute("permissions_boundary")];
    let role = world.update(key, "PutRolePermissionsBoundary", &paths, &role, changed).await;
    assert_eq!(role.text("permissions_boundary"), CNI_POLICY);
    let changed = json!({ "permissions_boundary": null });
    let role = world.update(key, "DeleteRolePermissionsBoundary", &paths, &role, changed).await;
    assert!(role.attributes.get("permissions_boundary").is_some_and(|boundary| boundary.is_null()));
    let changed = json!({ "tags": { "team": "a" } });
    let role = world.update(key, "TagRole", &[entry("tags", "team")], &role, changed).await;
    assert_eq!(as_json(&role)["tags"], json!({ "team": "a" }));
    let role = world.update(key, "UntagRole", &[entry("tags", "team")], &role, json!({ "tags": {} })).await;
    assert_eq!(as_json(&role)["tags"], json!({}));
    assert_eq!(as_json(&role)["ownership"], ours("role.Orders"));
    let gone = [entry("inline_policies", "p")];
    let role = world.update(key, "DeleteRolePolicy", &gone, &role, json!({})).await;
    let gone = [entry("managed_policies", CNI_POLICY)];
    let role = world.update(key, "DetachRolePolicy", &gone, &role, json!({})).await;
    assert_eq!(as_json(&role)["managed_policies"], json!([]));
    world.delete("role", &["Orders"], &role).await;
}

#[tokio::test(start_paused = true)]
async fn clusters() {
    let world = World::new();
    let started = Instant::now();
    let cluster = world.cluster("demo").await;
    assert!(started.elapsed() > Duration::from_secs(60), "as long as on AWS: {:?}", started.elapsed());
    assert_eq!((cluster.phase, &*cluster.status), (Phase::Settled, "ACTIVE"));
    assert_eq!(cluster.text("arn"), "arn:aws:eks:us-east-2:123456789012:cluster/demo");
    let key: (&str, &[&str]) = ("cluster", &["demo"]);
    let vpc = as_json(&cluster)["vpc"].clone();
    let mut private = vpc.clone();
    private["endpoint_private_access"] = json!(true);
    let mut moved = private.clone();
    moved["subnet_ids"] = json!(["subnet-0123456789abcdef0", "subnet-0123456789abcdef2"]);
    let mut cluster = cluster;
    for (operation, attribute, value) in [
        ("UpdateClusterConfig:endpoint_access", "vpc", private.clone()),
        ("UpdateClusterConfig:vpc", "vpc", moved),
        ("UpdateClusterConfig:logging", "enabled_log_types", json!(["api", "audit"])),
        ("UpdateClusterConfig:logging", "enabled_log_types", json!([])),
        ("UpdateClusterConfig:upgrade_policy", "upgrade_policy", json!({ "support_type": "STANDARD" })),
        ("UpdateClusterConfig:zonal_shift", "zonal_shift", json!({ "enabled": true })),
        ("UpdateClusterConfig:deletion_protection", "deletion_protection", json!(true)),
        ("UpdateClusterConfig:deletion_protection", "deletion_protection", json!(false)),
        ("UpdateClusterVersion", "version", json!("1.34")),
        ("TagResource", "tags", json!({ "team": "a" })),
    ] {
        let changed = json!({ attribute: value.clone() });
        cluster = world.update(key, operation, &[Path::attribute(attribute)], &cluster, changed).await;
        assert_eq!(as_json(&cluster)[attribute], value, "{operation}");
    }
    let gone = [entry("tags", "team")];
    let cluster = world.update(key, "UntagResource", &gone, &cluster, json!({ "tags": {} })).await;
    assert_eq!(as_json(&cluster)["tags"], json!({}));
    world.delete("cluster", &["demo"], &cluster).await;
}

#[tokio::test(start_paused = true)]
async fn addons_with_their_associations() {
    let world = World::new();
    world.cluster("demo").await;
    let role = world.role("Cni", "pods.eks.amazonaws.com", CNI_POLICY).await;
    let block = json!({ "aws-node": { "service_account": "aws-node", "role_arn": role.text("arn") } });
    let seen = world.sandbox.log().len();
    let addon = world
        .create(
            "addon",
            &["demo", "vpc-cni"],
            json!({ "pod_identity_association": block.clone(), "tags": {},
            "configuration_values": { "env": { "ENABLE_PREFIX_DELEGATION": "true" } },
            "ownership": ours("addon.vpc-cni") }),
        )
        .await;
    assert_eq!(&*addon.status, "ACTIVE");
    assert_eq!(as_json(&addon)["pod_identity_association"], block);
    let writes: Vec<String> =
        world.operations(seen).into_iter().filter(|name| name.starts_with("Create")).collect();
    assert_eq!(writes, ["CreateAddon"], "one call for the add-on and its association");
    // The association is the add-on's.
    let Fact::Known(owned) =
        world.read("pod_identity_association", &["demo", "kube-system", "aws-node"]).await
    else {
        panic!("it was made with the add-on")
    };
    assert_eq!(owned.parent, Some(identity("addon", &["demo", "vpc-cni"])));
    // In place: the configuration, then the association off and on again.
    let key: (&str, &[&str]) = ("addon", &["demo", "vpc-cni"]);
    let paths = [Path::attribute("configuration_values")];
    let addon =
        world.update(key, "UpdateAddon", &paths, &addon, json!({ "configuration_values": null })).await;
    assert_eq!(as_json(&addon)["pod_identity_association"], block, "what is not named stays");
    let paths = [entry("pod_identity_association", "aws-node")];
    let changed = json!({ "pod_identity_association": {} });
    let addon = world.update(key, "UpdateAddon", &paths, &addon, changed).await;
    assert_eq!(as_json(&addon)["pod_identity_association"], json!({}));
    let changed = json!({ "pod_identity_association": block.clone() });
    let addon = world.update(key, "UpdateAddon", &paths, &addon, changed).await;
    assert_eq!(as_json(&addon)["pod_identity_association"], block);
    world.delete("addon", &["demo", "vpc-cni"], &addon).await;
}

#[tokio::test(start_paused = true)]
async fn an_addon_without_nodes_is_done_with_a_note() {
    let world = World::new();
    world.cluster("demo").await;
    let after = map(json!({ "tags": {}, "ownership": ours("addon.coredns") }));
    let key = ["demo", "coredns"];
    let step = Change {
        kind: "addon",
        key: &key,
        operation: "CreateAddon",
        paths: &[],
        before: None,
        after: Some(&after),
    };
    let (settled, told) = world.make(&step).await.expect("done");
    assert_eq!(&*settled.object.expect("it exists").status, "DEGRADED");
    assert!(
        settled.notes.iter().any(|note| note.contains("until the cluster has nodes")),
        "{:?}",
        settled.notes
    );
    assert!(told.contains(&"CREATING".to_string()), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn associations() {
    let world = World::new();
    world.cluster("demo").await;
    let role = world.role("Orders", "pods.eks.amazonaws.com", CNI_POLICY).await;
    let other = world.role("Other", "pods.eks.amazonaws.com", CNI_POLICY).await;
    let key: (&str, &[&str]) = ("pod_identity_association", &["demo", "shop", "orders"]);
    let after = json!({ "role_arn": role.text("arn"), "target_role_arn": null, "disable_session_tags": false,
        "policy": null, "tags": {}, "ownership": ours("pod_identity_association.orders") });
    let made = world.create(key.0, key.1, after).await;
    assert!(made.text("association_id").starts_with("a-"));
    assert_eq!(made.parent, None);
    for (attribute, value) in [
        ("role_arn", json!(other.text("arn"))),
        ("target_role_arn", json!("arn:aws:iam::210987654321:role/there")),
        ("target_role_arn", json!(null)),
        ("disable_session_tags", json!(true)),
    ] {
        let changed = json!({ attribute: value.clone() });
        let paths = [Path::attribute(attribute)];
        let now = world.update(key, "UpdatePodIdentityAssociation", &paths, &made, changed).await;
        assert_eq!(as_json(&now)[attribute], value);
    }
    world.delete(key.0, key.1, &made).await;
}
