//! The exact request of every operation.

use crate::aws::testing::*;
use crate::aws::{CallError, Request, Wait};
use crate::kinds::schema;
use crate::value::ProviderRef;
use serde_json::{Value as Json, json};

struct Case {
    kind: &'static str,
    key: &'static [&'static str],
    operation: &'static str,
    paths: &'static [&'static str],
    before: Json,
    after: Json,
}

/// Makes the call and returns what it says to wait for, and the requests.
async fn made(
    case: Case,
    reply: impl Fn(&str) -> Reply + Send + Sync + 'static,
) -> (Result<Wait, CallError>, Vec<Line>) {
    let (aws, log) = scripted(reply);
    let (before, after) = (map(case.before.clone()), map(case.after.clone()));
    let request = Request {
        providers: &providers(),
        provider: &ProviderRef::default(),
        identity: &identity(case.kind, case.key),
        schema: schema(case.kind).expect(case.kind),
        call: &call(case.operation, case.paths),
        before: (!case.before.is_null()).then_some(&before),
        after: (!case.after.is_null()).then_some(&after),
    };
    let wait = aws.call(request).await;
    (wait, log.lines())
}

/// The one request of a call that AWS takes.
async fn sent(case: Case, answer: &str) -> (Wait, Line) {
    let answer = answer.to_string();
    let operation = case.operation;
    let takes_token =
        schema(case.kind).and_then(|schema| schema.operation(operation)).is_some_and(|it| it.token);
    let (wait, lines) = made(case, move |line| match line.contains(" /") {
        true => ok(answer.clone()),
        false => iam(line.split(' ').next().unwrap_or_default(), ""),
    })
    .await;
    assert_eq!(lines.len(), 1, "{operation}: {lines:?}");
    assert_eq!(lines[0].contains(&"t".repeat(64)), takes_token, "{operation}: {lines:?}");
    (wait.expect(operation), lines[0].replace(&"t".repeat(64), "TOKEN"))
}

const DEMO: &[&str] = &["demo"];
const CNI: &[&str] = &["demo", "vpc-cni"];
const ORDERS: &[&str] = &["demo", "shop", "orders"];
const ROLE: &[&str] = &["Orders"];

fn case(
    kind: &'static str,
    key: &'static [&'static str],
    operation: &'static str,
    paths: &'static [&'static str],
    before: Json,
    after: Json,
) -> Case {
    Case { kind, key, operation, paths, before, after }
}

#[tokio::test(start_paused = true)]
async fn creating_clusters() {
    let after = json!({
        "name": "demo", "version": "1.33", "role_arn": "arn:aws:iam::123456789012:role/c",
        "vpc": { "subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"],
                 "endpoint_public_access": true, "endpoint_private_access": false,
                 "public_access_cidrs": ["0.0.0.0/0"] },
        "enabled_log_types": ["api"],
        "access_config": { "authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": true },
        "auto_mode": { "enabled": true, "node_pools": ["system"], "node_role_arn": "arn:aws:iam::123456789012:role/n" },
        "deletion_protection": true,
        "encryption_config": { "resources": ["secrets"], "key_arn": "arn:aws:kms:us-east-2:123456789012:key/k" },
        "kubernetes_network_config": { "service_ipv4_cidr": "172.20.0.0/16", "ip_family": "ipv4" },
        "outpost_config": { "outpost_arns": ["arn:o"], "control_plane_instance_type": "m5.large",
                            "control_plane_placement": { "group_name": "g" } },
        "remote_network_config": { "remote_node_networks": { "cidrs": ["10.1.0.0/16"] }, "remote_pod_networks": null },
        "upgrade_policy": { "support_type": "STANDARD" }, "zonal_shift": { "enabled": true },
        "control_plane_scaling_config": { "tier": "tier-xl" }, "bootstrap_self_managed_addons": false,
        "tags": { "team": "a" }, "ownership": { "eksform:stack": "platform" }, "arn": "arn:x", "endpoint": null
    });
    let (wait, line) = sent(case("cluster", DEMO, "CreateCluster", &[], Json::Null, after), "{}").await;
    assert_eq!(wait, Wait::Settled);
    let (head, body) = line.split_once(" {").expect("a body");
    assert_eq!(head, "POST /clusters");
    let body: Json = serde_json::from_str(&format!("{{{body}")).expect("JSON");
    assert_eq!(
        body,
        json!({
            "name": "demo", "version": "1.33", "roleArn": "arn:aws:iam::123456789012:role/c",
            "resourcesVpcConfig": { "subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"],
                "endpointPublicAccess": true, "endpointPrivateAccess": false, "publicAccessCidrs": ["0.0.0.0/0"] },
            "logging": { "clusterLogging": [{ "types": ["api"], "enabled": true }] },
            "accessConfig": { "authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": true },
            "computeConfig": { "enabled": true, "nodePools": ["system"], "nodeRoleArn": "arn:aws:iam::123456789012:role/n" },
            "storageConfig": { "blockStorage": { "enabled": true } },
            "kubernetesNetworkConfig": { "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4",
                "elasticLoadBalancing": { "enabled": true } },
            "deletionProtection": true,
            "encryptionConfig": [{ "resources": ["secrets"], "provider": { "keyArn": "arn:aws:kms:us-east-2:123456789012:key/k" } }],
            "outpostConfig": { "outpostArns": ["arn:o"], "controlPlaneInstanceType": "m5.large",
                "controlPlanePlacement": { "groupName": "g" } },
            "remoteNetworkConfig": { "remoteNodeNetworks": [{ "cidrs": ["10.1.0.0/16"] }] },
            "upgradePolicy": { "supportType": "STANDARD" }, "zonalShiftConfig": { "enabled": true },
            "controlPlaneScalingConfig": { "tier": "tier-xl" }, "bootstrapSelfManagedAddons": false,
            "tags": { "team": "a", "eksform:stack": "platform" }, "clientRequestToken": "TOKEN"
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_small_cluster_sends_only_what_is_set() {
    let after = json!({
        "name": "demo", "role_arn": "arn:r", "enabled_log_types": [], "deletion_protection": null,
        "vpc": { "subnet_ids": ["subnet-1"], "security_group_ids": [], "endpoint_public_access": false,
                 "endpoint_private_access": true, "public_access_cidrs": ["0.0.0.0/0"] },
        "tags": {}, "ownership": {}
    });
    let (_, line) = sent(case("cluster", DEMO, "CreateCluster", &[], Json::Null, after), "{}").await;
    assert_eq!(
        line,
        r#"POST /clusters {"clientRequestToken":"TOKEN","name":"demo","resourcesVpcConfig":{"endpointPrivateAccess":true,"endpointPublicAccess":false,"subnetIds":["subnet-1"]},"roleArn":"arn:r"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn changing_clusters() {
    let before = json!({ "arn": "arn:aws:eks:us-east-2:123456789012:cluster/demo", "tags": { "old": "x" },
        "vpc": { "subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"] } });
    let after = json!({
        "version": "1.34", "enabled_log_types": ["api"],
        "vpc": { "subnet_ids": ["subnet-2"], "security_group_ids": ["sg-2"], "endpoint_public_access": true,
                 "endpoint_private_access": true, "public_access_cidrs": ["10.0.0.0/8"] },
        "access_config": { "authentication_mode": "API" },
        "auto_mode": { "enabled": false, "node_pools": [], "node_role_arn": null },
        "deletion_protection": false, "remote_network_config": null,
        "encryption_config": { "resources": ["secrets"], "key_arn": "arn:k" },
        "upgrade_policy": { "support_type": "EXTENDED" }, "zonal_shift": { "enabled": false },
        "control_plane_scaling_config": { "tier": "standard" }, "tags": { "team": "a" },
    });
    let config = "POST /clusters/demo/update-config";
    let arn = "/tags/arn%3Aaws%3Aeks%3Aus-east-2%3A123456789012%3Acluster%2Fdemo";
    for (operation, paths, expected) in [
        ("UpdateClusterConfig:vpc", &[][..], format!(r#"{config} {{"clientRequestToken":"TOKEN","resourcesVpcConfig":{{"securityGroupIds":["sg-1"],"subnetIds":["subnet-2"]}}}}"#)),
        ("UpdateClusterConfig:security_groups", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","resourcesVpcConfig":{{"securityGroupIds":["sg-2"]}}}}"#)),
        ("UpdateClusterConfig:endpoint_access", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","resourcesVpcConfig":{{"endpointPrivateAccess":true,"endpointPublicAccess":true,"publicAccessCidrs":["10.0.0.0/8"]}}}}"#)),
        ("UpdateClusterConfig:logging", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","logging":{{"clusterLogging":[{{"enabled":true,"types":["api"]}},{{"enabled":false,"types":["audit","authenticator","controllerManager","scheduler"]}}]}}}}"#)),
        ("UpdateClusterConfig:access", &[], format!(r#"{config} {{"accessConfig":{{"authenticationMode":"API"}},"clientRequestToken":"TOKEN"}}"#)),
        ("UpdateClusterConfig:auto_mode", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","computeConfig":{{"enabled":false}},"kubernetesNetworkConfig":{{"elasticLoadBalancing":{{"enabled":false}}}},"storageConfig":{{"blockStorage":{{"enabled":false}}}}}}"#)),
        ("UpdateClusterConfig:upgrade_policy", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","upgradePolicy":{{"supportType":"EXTENDED"}}}}"#)),
        ("UpdateClusterConfig:zonal_shift", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","zonalShiftConfig":{{"enabled":false}}}}"#)),
        ("UpdateClusterConfig:remote_network", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","remoteNetworkConfig":{{"remoteNodeNetworks":[],"remotePodNetworks":[]}}}}"#)),
        ("UpdateClusterConfig:deletion_protection", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","deletionProtection":false}}"#)),
        ("UpdateClusterConfig:scaling", &[], format!(r#"{config} {{"clientRequestToken":"TOKEN","controlPlaneScalingConfig":{{"tier":"standard"}}}}"#)),
        ("UpdateClusterVersion", &[], r#"POST /clusters/demo/updates {"clientRequestToken":"TOKEN","version":"1.34"}"#.to_string()),
        ("AssociateEncryptionConfig", &[], r#"POST /clusters/demo/encryption-config/associate {"clientRequestToken":"TOKEN","encryptionConfig":[{"provider":{"keyArn":"arn:k"},"resources":["secrets"]}]}"#.to_string()),
        ("TagResource", &["tags[team]"], format!(r#"POST {arn} {{"tags":{{"team":"a"}}}}"#)),
        ("UntagResource", &["tags[old]"], format!("DELETE {arn}?tagKeys=old")),
        ("DeleteCluster", &[], "DELETE /clusters/demo".to_string()),
    ] {
        let answer = r#"{"update":{"id":"u-1","status":"InProgress"}}"#;
        let (wait, line) = sent(case("cluster", DEMO, operation, paths, before.clone(), after.clone()), answer).await;
        assert_eq!(line, expected, "{operation}");
        let expected = match operation {
            "TagResource" | "UntagResource" => Wait::None,
            "DeleteCluster" => Wait::Gone,
            _ => Wait::Update { id: "u-1".into() },
        };
        assert_eq!(wait, expected, "{operation}");
    }
    // Every operation of the schema is mapped.
    for operation in schema("cluster").expect("exists").operations {
        let case = case("cluster", DEMO, operation.id, &["tags[team]"], before.clone(), after.clone());
        sent(case, "{}").await;
    }
}

#[tokio::test(start_paused = true)]
async fn addons() {
    let roles = json!({ "aws-node": { "service_account": "aws-node", "role_arn": "arn:aws:iam::123456789012:role/cni" } });
    let after = json!({
        "cluster": "demo", "name": "vpc-cni", "version": "v1.19.0-eksbuild.1", "configuration_values": { "env": { "A": "1" } },
        "pod_identity_association": roles, "service_account_role_arn": null, "namespace": "kube-system",
        "resolve_conflicts_on_create": "OVERWRITE", "resolve_conflicts_on_update": "PRESERVE", "preserve": true,
        "tags": { "team": "a" }, "ownership": { "eksform:stack": "platform", "eksform:address": "addon.vpc-cni" },
        "arn": "arn:aws:eks:us-east-2:123456789012:addon/demo/vpc-cni/u"
    });
    let irsa = json!({ "version": "v2", "service_account_role_arn": "arn:r", "configuration_values": "a: 1", "arn": "arn:x" });
    let cleared = json!({ "configuration_values": null, "pod_identity_association": {} });
    let update = "POST /clusters/demo/addons/vpc-cni/update";
    for (operation, paths, after, expected, wait) in [
        ("CreateAddon", &[][..], &after,
         r#"POST /clusters/demo/addons {"addonName":"vpc-cni","addonVersion":"v1.19.0-eksbuild.1","clientRequestToken":"TOKEN","configurationValues":"{\"env\":{\"A\":\"1\"}}","namespaceConfig":{"namespace":"kube-system"},"podIdentityAssociations":[{"roleArn":"arn:aws:iam::123456789012:role/cni","serviceAccount":"aws-node"}],"resolveConflicts":"OVERWRITE","tags":{"eksform:address":"addon.vpc-cni","eksform:stack":"platform","team":"a"}}"#.to_string(), Wait::Settled),
        ("CreateAddon", &[], &cleared, r#"POST /clusters/demo/addons {"addonName":"vpc-cni","clientRequestToken":"TOKEN"}"#.to_string(), Wait::Settled),
        ("UpdateAddon", &["version"], &after,
         format!(r#"{update} {{"addonVersion":"v1.19.0-eksbuild.1","clientRequestToken":"TOKEN","resolveConflicts":"PRESERVE"}}"#), Wait::Update { id: "u-1".into() }),
        ("UpdateAddon", &["pod_identity_association[aws-node].role_arn"], &after,
         format!(r#"{update} {{"clientRequestToken":"TOKEN","podIdentityAssociations":[{{"roleArn":"arn:aws:iam::123456789012:role/cni","serviceAccount":"aws-node"}}],"resolveConflicts":"PRESERVE"}}"#), Wait::Update { id: "u-1".into() }),
        ("UpdateAddon", &["pod_identity_association[aws-node]", "configuration_values"], &cleared,
         format!(r#"{update} {{"clientRequestToken":"TOKEN","configurationValues":"{{}}","podIdentityAssociations":[]}}"#), Wait::Update { id: "u-1".into() }),
        ("UpdateAddon", &["configuration_values", "version"], &irsa,
         format!(r#"{update} {{"addonVersion":"v2","clientRequestToken":"TOKEN","configurationValues":"a: 1","serviceAccountRoleArn":"arn:r"}}"#), Wait::Update { id: "u-1".into() }),
        ("TagResource", &["ownership[eksform:stack]"], &after,
         r#"POST /tags/arn%3Aaws%3Aeks%3Aus-east-2%3A123456789012%3Aaddon%2Fdemo%2Fvpc-cni%2Fu {"tags":{"eksform:stack":"platform"}}"#.to_string(), Wait::None),
        ("UntagResource", &["tags[a b]", "tags[c]"], &irsa, "DELETE /tags/arn%3Ax?tagKeys=a%20b&tagKeys=c".to_string(), Wait::None),
        ("DeleteAddon", &[], &after, "DELETE /clusters/demo/addons/vpc-cni?preserve=true".to_string(), Wait::Gone),
    ] {
        let answer = r#"{"update":{"id":"u-1"}}"#;
        let made = sent(case("addon", CNI, operation, paths, Json::Null, after.clone()), answer).await;
        assert_eq!(made, (wait, expected), "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn associations() {
    let before = json!({ "association_id": "a-1", "arn": "arn:x" });
    let after = json!({
        "role_arn": "arn:r", "target_role_arn": null, "disable_session_tags": true,
        "policy": { "Statement": [] }, "tags": {}, "ownership": { "eksform:stack": "platform" }
    });
    let one = "/clusters/demo/pod-identity-associations/a-1";
    for (operation, paths, expected) in [
        ("CreatePodIdentityAssociation", &[][..],
         r#"POST /clusters/demo/pod-identity-associations {"clientRequestToken":"TOKEN","disableSessionTags":true,"namespace":"shop","policy":"{\"Statement\":[]}","roleArn":"arn:r","serviceAccount":"orders","tags":{"eksform:stack":"platform"}}"#.to_string()),
        ("UpdatePodIdentityAssociation", &["role_arn"], format!(r#"POST {one} {{"clientRequestToken":"TOKEN","roleArn":"arn:r"}}"#)),
        ("UpdatePodIdentityAssociation", &["target_role_arn", "policy"],
         format!(r#"POST {one} {{"clientRequestToken":"TOKEN","disableSessionTags":true,"policy":"{{\"Statement\":[]}}","targetRoleArn":""}}"#)),
        ("TagResource", &["ownership"], r#"POST /tags/arn%3Ax {"tags":{"eksform:stack":"platform"}}"#.to_string()),
        ("UntagResource", &["ownership[eksform:stack]"], "DELETE /tags/arn%3Ax?tagKeys=eksform%3Astack".to_string()),
        ("DeletePodIdentityAssociation", &[], format!("DELETE {one}")),
    ] {
        let (_, line) = sent(case("pod_identity_association", ORDERS, operation, paths, before.clone(), after.clone()), "{}").await;
        assert_eq!(line, expected, "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn roles() {
    let before = json!({ "tags": { "old": "1", "team": "a" }, "arn": "arn:x" });
    let after = json!({
        "name": "Orders", "path": "/apps/", "trust_policy": { "Version": "2012-10-17", "Statement": [] },
        "managed_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"], "inline_policies": { "p": { "Statement": [] } },
        "permissions_boundary": "arn:b", "description": "d", "max_session_duration": 7200,
        "tags": { "team": "a" }, "ownership": { "eksform:stack": "platform" }
    });
    for (operation, paths, expected) in [
        (
            "CreateRole",
            &[][..],
            r#"CreateRole AssumeRolePolicyDocument={"Statement":[],"Version":"2012-10-17"} Description=d MaxSessionDuration=7200 Path=/apps/ PermissionsBoundary=arn:b RoleName=Orders Tags.member.1.Key=eksform:stack Tags.member.1.Value=platform Tags.member.2.Key=team Tags.member.2.Value=a"#,
        ),
        (
            "TagRole",
            &["tags[team]", "ownership[eksform:stack]"],
            "TagRole RoleName=Orders Tags.member.1.Key=eksform:stack Tags.member.1.Value=platform Tags.member.2.Key=team Tags.member.2.Value=a",
        ),
        ("UntagRole", &["tags"], "UntagRole RoleName=Orders TagKeys.member.1=old"),
        (
            "PutRolePermissionsBoundary",
            &["permissions_boundary"],
            "PutRolePermissionsBoundary PermissionsBoundary=arn:b RoleName=Orders",
        ),
        (
            "DeleteRolePermissionsBoundary",
            &["permissions_boundary"],
            "DeleteRolePermissionsBoundary RoleName=Orders",
        ),
        ("UpdateRole", &["description"], "UpdateRole Description=d MaxSessionDuration=7200 RoleName=Orders"),
        (
            "UpdateAssumeRolePolicy",
            &["trust_policy"],
            r#"UpdateAssumeRolePolicy PolicyDocument={"Statement":[],"Version":"2012-10-17"} RoleName=Orders"#,
        ),
        (
            "AttachRolePolicy",
            &["managed_policies[arn:aws:iam::aws:policy/ReadOnlyAccess]"],
            "AttachRolePolicy PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess RoleName=Orders",
        ),
        (
            "DetachRolePolicy",
            &["managed_policies[arn:p]"],
            "DetachRolePolicy PolicyArn=arn:p RoleName=Orders",
        ),
        (
            "PutRolePolicy",
            &["inline_policies[p]"],
            r#"PutRolePolicy PolicyDocument={"Statement":[]} PolicyName=p RoleName=Orders"#,
        ),
        ("DeleteRolePolicy", &["inline_policies[q]"], "DeleteRolePolicy PolicyName=q RoleName=Orders"),
        ("DeleteRole", &[], "DeleteRole RoleName=Orders"),
    ] {
        let (_, line) = sent(case("role", ROLE, operation, paths, before.clone(), after.clone()), "").await;
        assert_eq!(line, expected);
    }
    for operation in schema("role").expect("exists").operations {
        let paths = &["inline_policies[p]"];
        sent(case("role", ROLE, operation.id, paths, before.clone(), after.clone()), "").await;
    }
}

/// Answers the given replies in turn, then the last one for ever.
fn in_turn(replies: Vec<fn() -> Reply>) -> impl Fn(&str) -> Reply + Send + Sync + 'static {
    let turn = std::sync::atomic::AtomicUsize::new(0);
    move |_| {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        replies[turn.min(replies.len() - 1)]()
    }
}

fn association() -> Case {
    let after = json!({ "role_arn": "arn:aws:iam::123456789012:role/new" });
    case("pod_identity_association", ORDERS, "CreatePodIdentityAssociation", &[], Json::Null, after)
}

#[tokio::test(start_paused = true)]
async fn what_is_not_visible_yet_is_tried_again() {
    let started = tokio::time::Instant::now();
    let missing =
        || eks_error(400, "InvalidParameterException", "Role provided in the request does not exist.");
    let (wait, lines) = made(association(), in_turn(vec![missing, missing, || ok("{}")])).await;
    assert_eq!((wait, lines.len()), (Ok(Wait::None), 3));
    assert_eq!(lines[0], lines[2], "the same request with the same token");
    assert!(started.elapsed().as_secs() < 10);
    // For two minutes, not for ever.
    let (wait, _) = made(association(), in_turn(vec![missing])).await;
    assert!(wait.expect_err("never visible").has_code("InvalidParameterException"));
    assert!((120..150).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_not_tried_again() {
    let wrong = || eks_error(400, "InvalidParameterException", "The subnet ID 'subnet-1' does not exist");
    let (wait, lines) = made(association(), in_turn(vec![wrong])).await;
    assert_eq!(lines.len(), 1);
    let error = wait.expect_err("refused");
    assert_eq!(
        error.to_string(),
        "CreatePodIdentityAssociation: InvalidParameterException: The subnet ID 'subnet-1' does not exist"
    );
    assert!(!error.ambiguous);
}

#[tokio::test(start_paused = true)]
async fn denials_name_the_permission() {
    let denied = || eks_error(403, "AccessDeniedException", "User: arn:u is not authorized");
    let (wait, _) = made(association(), in_turn(vec![denied])).await;
    let help = wait.expect_err("denied").help.expect("help");
    assert_eq!(
        help,
        "the caller needs eks:CreatePodIdentityAssociation, eks:TagResource, iam:PassRole, iam:GetRole"
    );
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_out() {
    let slow = || eks_error(429, "ThrottlingException", "Rate exceeded");
    let mut replies: Vec<fn() -> Reply> = vec![slow; 20];
    replies.push(|| ok("{}"));
    let (wait, lines) = made(association(), in_turn(replies)).await;
    assert_eq!((wait, lines.len()), (Ok(Wait::None), 21));
}

#[tokio::test(start_paused = true)]
async fn deleting_what_is_gone_is_done() {
    for (kind, key, operation, reply) in [
        (
            "addon",
            CNI,
            "DeleteAddon",
            (|| eks_error(404, "ResourceNotFoundException", "No addon")) as fn() -> Reply,
        ),
        ("role", ROLE, "DeleteRole", || iam_error(404, "NoSuchEntity", "no such role")),
        ("role", ROLE, "DetachRolePolicy", || iam_error(404, "NoSuchEntity", "not attached")),
    ] {
        let case = case(
            kind,
            key,
            operation,
            &["managed_policies[arn:p]"],
            json!({ "association_id": "a-1" }),
            Json::Null,
        );
        let (wait, _) = made(case, in_turn(vec![reply])).await;
        assert_eq!(wait, Ok(Wait::None), "{operation}");
    }
}

fn create_role() -> Case {
    let after = json!({
        "trust_policy": "{}", "path": "/",
        "ownership": { "eksform:stack": "platform", "eksform:address": "role.orders" }
    });
    case("role", ROLE, "CreateRole", &[], Json::Null, after)
}

fn role_with(tags: &str) -> Reply {
    iam(
        "GetRole",
        &format!(
            "<Role><Path>/</Path><RoleName>Orders</RoleName><RoleId>AROA</RoleId><Arn>arn:r</Arn>\
             <CreateDate>2024-01-01T00:00:00Z</CreateDate><Tags>{tags}</Tags></Role>"
        ),
    )
}

const OURS: &str = "<member><Key>eksform:stack</Key><Value>platform</Value></member>\
                    <member><Key>eksform:address</Key><Value>role.orders</Value></member>";

fn lost() -> Reply {
    Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
}

fn exists() -> Reply {
    iam_error(409, "EntityAlreadyExists", "Role with name Orders already exists.")
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_create_role_counts_only_with_our_tags() {
    // It got through: found with our tags.
    let (wait, lines) = made(create_role(), in_turn(vec![lost, || role_with(OURS)])).await;
    assert_eq!(wait, Ok(Wait::None));
    assert_eq!(lines.len(), 2);
    // It did not get through: sent again.
    let gone = || iam_error(404, "NoSuchEntity", "The role with name Orders cannot be found.");
    let reply = {
        let sent = std::sync::atomic::AtomicUsize::new(0);
        move |line: &str| match line.starts_with("CreateRole") {
            true if sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 => lost(),
            true => iam("CreateRole", ""),
            false => gone(),
        }
    };
    let (wait, lines) = made(create_role(), reply).await;
    assert_eq!(wait, Ok(Wait::None));
    assert_eq!(lines.iter().filter(|line| line.starts_with("CreateRole")).count(), 2);
    // Somebody else's role.
    let (wait, _) = made(create_role(), in_turn(vec![lost, || role_with("")])).await;
    assert!(wait.expect_err("not ours").message.contains("not this stack's"));
    // It exists, and no attempt of ours went unanswered: nothing is looked at.
    let (wait, lines) = made(create_role(), in_turn(vec![exists])).await;
    assert!(wait.expect_err("exists").has_code("EntityAlreadyExists"));
    assert_eq!(lines.len(), 1);
}
