//! What is asked for which wants, and what canned answers become.

use crate::aws::testing::*;
use crate::aws::{Aws, Setup, access_key};
use crate::diagnostic::Diagnostic;
use crate::kinds::schema;
use crate::live::{Coverage, Fact, Object, Owner, Phase, Snapshot, StackName};
use crate::stack::ProviderConfig;
use crate::value::{Identity, ProviderRef, Want};
use serde_json::json;
use std::collections::BTreeSet;

fn stack() -> StackName {
    StackName { name: "platform".into(), instance: None }
}

fn object(kind: &str, key: &[&str]) -> Want {
    Want::Object(identity(kind, key).within(ProviderRef::default()))
}

fn members(cluster: &str) -> Want {
    Want::Members { provider: ProviderRef::default(), cluster: cluster.into() }
}

fn owned(kind: &str) -> Want {
    Want::Owned { provider: ProviderRef::default(), kind: kind.into() }
}

async fn answered(aws: &Aws, wants: impl IntoIterator<Item = Want>) -> Snapshot {
    let mut snapshot = Snapshot::default();
    let wants: BTreeSet<Want> = wants.into_iter().collect();
    aws.answer(&providers(), &stack(), &wants, &mut snapshot).await.expect("planning is possible");
    snapshot
}

fn known<'a>(snapshot: &'a Snapshot, kind: &str, key: &[&str]) -> &'a Object {
    match snapshot.object(&identity(kind, key)) {
        Some(Fact::Known(object)) => object,
        other => panic!("{kind} {key:?}: {other:?}"),
    }
}

fn coverage(snapshot: &Snapshot, kind: &str) -> Coverage {
    let regional = schema(kind).expect("exists").regional;
    snapshot.coverage.get(&(place(regional), kind.into())).expect("asked").clone()
}

/// All attributes that AWS returns are there, and no others.
fn assert_complete(kind: &str, object: &Object) {
    let expected: BTreeSet<&str> = schema(kind)
        .expect("exists")
        .attributes
        .iter()
        .filter(|attribute| attribute.returned && attribute.change != crate::kinds::Change::Expanded)
        .map(|attribute| attribute.name)
        .collect();
    let there: BTreeSet<&str> = object.attributes.keys().map(AsRef::as_ref).collect();
    assert_eq!(there, expected, "{kind}");
}

fn association_json(id: &str, account: &str, owner: Option<&str>) -> serde_json::Value {
    json!({
        "clusterName": "demo", "namespace": "shop", "serviceAccount": account, "associationId": id,
        "associationArn": format!("arn:aws:eks:us-east-2:123456789012:podidentityassociation/demo/{id}"),
        "roleArn": format!("arn:aws:iam::123456789012:role/{account}"), "ownerArn": owner,
        "createdAt": 1700000000.5, "modifiedAt": 1700000001, "tags": { "eksform:stack": "platform" }
    })
}

fn addon_arn(name: &str) -> String {
    format!("arn:aws:eks:us-east-2:123456789012:addon/demo/{name}/0000")
}

fn role_xml(name: &str, inside: &str) -> String {
    format!(
        "<member><Path>/</Path><RoleName>{name}</RoleName><RoleId>AROA{name}</RoleId>\
         <Arn>arn:aws:iam::123456789012:role/{name}</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>%7B%22Version%22%3A%222012-10-17%22%7D</AssumeRolePolicyDocument>{inside}</member>"
    )
}

const OURS: &str = "<Tags><member><Key>eksform:stack</Key><Value>platform</Value></member></Tags>";

/// One cluster, five add-ons with two associations each, twenty workloads, thirty roles.
fn account(line: &str) -> Reply {
    let (method, rest) = line.split_once(' ').unwrap_or((line, ""));
    let path = rest.split([' ', '?']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    if method == "GetResources" {
        let mut arns = vec!["arn:aws:eks:us-east-2:123456789012:cluster/demo".to_string()];
        arns.extend((0..5).map(|index| addon_arn(&format!("addon{index}"))));
        arns.extend((0..20).map(|index| {
            format!("arn:aws:eks:us-east-2:123456789012:podidentityassociation/demo/a-w{index}")
        }));
        let list: Vec<_> = arns.iter().map(|arn| json!({ "ResourceARN": arn })).collect();
        return ok(json!({ "ResourceTagMappingList": list, "PaginationToken": "" }).to_string());
    }
    if method == "GetAccountAuthorizationDetails" {
        let roles: String = (0..30).map(|index| role_xml(&format!("r{index}"), OURS)).collect();
        return iam(
            method,
            &format!("<RoleDetailList>{roles}</RoleDetailList><IsTruncated>false</IsTruncated>"),
        );
    }
    if method == "ListRoles" {
        let rest = "<Description>what</Description><MaxSessionDuration>7200</MaxSessionDuration>";
        let roles: String = (0..30).map(|index| role_xml(&format!("r{index}"), rest)).collect();
        return iam(method, &format!("<Roles>{roles}</Roles><IsTruncated>false</IsTruncated>"));
    }
    let body = match (method, parts.as_slice()) {
        ("GET", ["clusters", "demo"]) => {
            json!({ "cluster": { "name": "demo", "status": "ACTIVE", "tags": { "eksform:stack": "platform" } } })
        }
        ("GET", ["clusters", "demo", "addons"]) => {
            json!({ "addons": ["addon0", "addon1", "addon2", "addon3", "addon4"] })
        }
        ("GET", ["clusters", "demo", "addons", name]) => {
            let arns: Vec<String> = (0..2)
                .map(|index| {
                    format!("arn:aws:eks:us-east-2:123456789012:podidentityassociation/demo/a-{name}{index}")
                })
                .collect();
            json!({ "addon": { "addonName": name, "clusterName": "demo", "status": "ACTIVE", "addonArn": addon_arn(name),
                "podIdentityAssociations": arns, "tags": { "eksform:stack": "platform" } } })
        }
        ("GET", ["clusters", "demo", "pod-identity-associations"]) => {
            let mut list: Vec<_> = (0..20)
                .map(|index| association_json(&format!("a-w{index}"), &format!("w{index}"), None))
                .collect();
            for addon in 0..5 {
                let owner = addon_arn(&format!("addon{addon}"));
                list.extend((0..2).map(|index| {
                    association_json(
                        &format!("a-addon{addon}{index}"),
                        &format!("sa{addon}{index}"),
                        Some(&owner),
                    )
                }));
            }
            json!({ "associations": list })
        }
        ("GET", ["clusters", "demo", "pod-identity-associations", id]) => {
            let account = id.trim_start_matches("a-");
            json!({ "association": association_json(id, account, None) })
        }
        ("GET", ["clusters", "demo", "node-groups"]) => json!({ "nodegroups": ["workers"] }),
        ("GET", ["clusters", "demo", "fargate-profiles"]) => json!({ "fargateProfileNames": [] }),
        _ => return eks_error(404, "ResourceNotFoundException", "no such thing"),
    };
    ok(body.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_stack_is_read_in_few_calls() {
    let (aws, log) = scripted(account);
    let mut wants = vec![Want::Caller(ProviderRef::default()), object("cluster", &["demo"]), members("demo")];
    wants.extend((0..5).map(|index| object("addon", &["demo", &format!("addon{index}")])));
    wants.extend((0..20).map(|i| object("pod_identity_association", &["demo", "shop", &format!("w{i}")])));
    wants.extend((0..30).map(|index| object("role", &[&format!("R{index}")])));
    wants.extend(["cluster", "addon", "pod_identity_association", "role"].map(owned));
    let snapshot = answered(&aws, wants.clone()).await;
    let calls = aws.stats().calls;
    let count = |operation: &str| calls.get(operation).copied().unwrap_or(0);
    assert_eq!(aws.stats().total(), 44, "{calls:?}");
    assert_eq!(count("sts:GetCallerIdentity"), 1);
    assert_eq!(count("eks:DescribePodIdentityAssociation"), 30);
    assert_eq!(count("eks:ListPodIdentityAssociations"), 1);
    assert_eq!(count("iam:GetAccountAuthorizationDetails") + count("iam:ListRoles"), 2);
    for kind in ["cluster", "addon", "pod_identity_association", "role"] {
        assert_eq!(coverage(&snapshot, kind), Coverage::Complete);
    }
    assert_eq!(snapshot.objects.len(), 1 + 5 + 20 + 30);
    for (identity, object) in snapshot.existing() {
        assert_complete(&identity.kind, object);
        assert!(object.owner.is(&stack()), "{identity}");
    }
    let role = known(&snapshot, "role", &["r7"]);
    assert_eq!(role.text("description"), "what");
    assert_eq!(role.text("trust_policy"), r#"{"Version":"2012-10-17"}"#);
    assert_eq!(role.attributes["max_session_duration"], crate::value::Value::from(7200));
    // What the snapshot holds is not asked again.
    let (before, mut again) = (log.lines().len(), snapshot.clone());
    let wants = wants.into_iter().collect();
    aws.answer(&providers(), &stack(), &wants, &mut again).await.expect("nothing to do");
    assert_eq!((log.lines().len(), again), (before, snapshot));
}

#[tokio::test(start_paused = true)]
async fn single_reads_are_narrow() {
    let (aws, log) = scripted(account);
    let wants =
        [object("pod_identity_association", &["demo", "shop", "w3"]), object("addon", &["demo", "addon1"])];
    let snapshot = answered(&aws, wants).await;
    assert_eq!(
        log.operations(),
        [
            "GET /clusters/demo/addons/addon1",
            "GET /clusters/demo/pod-identity-associations/a-addon10",
            "GET /clusters/demo/pod-identity-associations/a-addon11",
            "GET /clusters/demo/pod-identity-associations/a-w3",
            "GET /clusters/demo/pod-identity-associations?namespace=shop&serviceAccount=w3",
        ]
    );
    let addon = known(&snapshot, "addon", &["demo", "addon1"]);
    assert_eq!(
        as_json(&addon.attributes)["pod_identity_association"],
        json!({
            "addon10": { "service_account": "addon10", "role_arn": "arn:aws:iam::123456789012:role/addon10" },
            "addon11": { "service_account": "addon11", "role_arn": "arn:aws:iam::123456789012:role/addon11" },
        })
    );
}

#[tokio::test(start_paused = true)]
async fn absent_is_absent_and_denied_is_denied() {
    let (aws, _) = scripted(|line| match line.contains("/clusters/secret") {
        true => eks_error(403, "AccessDeniedException", "User: arn:u is not authorized to perform: eks:X"),
        false => eks_error(404, "ResourceNotFoundException", "No cluster found for name: none."),
    });
    for (cluster, denied) in [("none", false), ("secret", true)] {
        let wants = [
            object("cluster", &[cluster]),
            object("addon", &[cluster, "vpc-cni"]),
            object("pod_identity_association", &[cluster, "shop", "orders"]),
            members(cluster),
        ];
        let snapshot = answered(&aws, wants).await;
        assert_eq!(snapshot.objects.len(), 3);
        for (identity, fact) in &snapshot.objects {
            match fact {
                Fact::Absent => assert!(!denied, "{identity}"),
                Fact::Denied(why) => assert!(denied && why.contains("not authorized to perform"), "{why}"),
                Fact::Known(_) => panic!("{identity} is known"),
            }
        }
        let lists = &snapshot.members[&identity("cluster", &[cluster])];
        assert_eq!(matches!(lists, Fact::Denied(_)), denied);
        assert_eq!(matches!(lists, Fact::Absent), !denied);
    }
}

#[tokio::test(start_paused = true)]
async fn lists_are_read_to_the_end() {
    let (aws, log) = scripted(|line| {
        let body = match line {
            _ if line.contains("/pod-identity-associations?") => match line.contains("nextToken=two") {
                true => json!({ "associations": [association_json("a-2", "two", Some(&addon_arn("x")))] }),
                false => {
                    json!({ "associations": [association_json("a-1", "one", None)], "nextToken": "two" })
                }
            },
            _ if line.contains("/addons") => match line.contains("nextToken=n") {
                true => json!({ "addons": ["b"] }),
                false => json!({ "addons": ["a"], "nextToken": "n" }),
            },
            _ if line.contains("/node-groups") => json!({ "nodegroups": [] }),
            _ if line.contains("/fargate-profiles") => json!({ "fargateProfileNames": ["f"] }),
            _ => json!({ "association": association_json("a-2", "two", Some(&addon_arn("x"))) }),
        };
        ok(body.to_string())
    });
    let snapshot =
        answered(&aws, [members("demo"), object("pod_identity_association", &["demo", "shop", "two"])]).await;
    let Fact::Known(members) = &snapshot.members[&identity("cluster", &["demo"])] else { panic!("known") };
    assert_eq!(members.addons.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a", "b"]);
    assert_eq!(members.associations.len(), 2);
    assert_eq!(members.fargate_profiles.len(), 1);
    let owned = known(&snapshot, "pod_identity_association", &["demo", "shop", "two"]);
    assert_eq!(owned.parent, Some(identity("addon", &["demo", "x"])));
    // Two pages of associations, two of add-ons, two other lists, one look.
    assert_eq!(log.lines().len(), 7);
}

fn one_role(line: &str) -> Reply {
    let operation = line.split(' ').next().unwrap_or_default();
    let name = line.split("RoleName=").nth(1).unwrap_or_default();
    match operation {
        "GetAccountAuthorizationDetails" => iam_error(
            403,
            "AccessDenied",
            "User: arn:u is not authorized to perform: iam:GetAccountAuthorizationDetails",
        ),
        "GetRole" | "ListRolePolicies" | "ListAttachedRolePolicies" if name == "none" => {
            iam_error(404, "NoSuchEntity", "The role with name none cannot be found.")
        }
        "GetRole" => iam(
            operation,
            &role_xml(name, OURS)
                .replace("member>", "Role>")
                .replace("<Role><Key", "<member><Key")
                .replace("</Value></Role>", "</Value></member>"),
        ),
        "ListRolePolicies" => {
            iam(operation, "<PolicyNames><member>p</member></PolicyNames><IsTruncated>false</IsTruncated>")
        }
        "GetRolePolicy" => iam(
            operation,
            "<RoleName>x</RoleName><PolicyName>p</PolicyName><PolicyDocument>%7B%22a%22%3A1%7D</PolicyDocument>",
        ),
        "ListAttachedRolePolicies" => iam(
            operation,
            "<AttachedPolicies><member><PolicyName>R</PolicyName><PolicyArn>arn:aws:iam::aws:policy/R</PolicyArn></member></AttachedPolicies><IsTruncated>false</IsTruncated>",
        ),
        "ListRoles" => iam(
            operation,
            &format!(
                "<Roles>{}{}{}</Roles><IsTruncated>false</IsTruncated>",
                role_xml("a", ""),
                role_xml("b", ""),
                role_xml("linked", "").replace("<Path>/</Path>", "<Path>/aws-service-role/x/</Path>")
            ),
        ),
        "ListRoleTags" if name.ends_with('b') => {
            iam(operation, "<Tags></Tags><IsTruncated>false</IsTruncated>")
        }
        "ListRoleTags" => iam(operation, &format!("{OURS}<IsTruncated>false</IsTruncated>")),
        _ => iam_error(400, "InvalidAction", operation),
    }
}

#[tokio::test(start_paused = true)]
async fn roles_are_read_singly_where_the_bulk_read_is_denied() {
    let (aws, _) = scripted(one_role);
    let snapshot = answered(&aws, [object("role", &["a"]), object("role", &["none"])]).await;
    let role = known(&snapshot, "role", &["a"]);
    assert_complete("role", role);
    assert_eq!(as_json(&role.attributes)["inline_policies"], json!({ "p": "{\"a\":1}" }));
    assert_eq!(as_json(&role.attributes)["managed_policies"], json!(["arn:aws:iam::aws:policy/R"]));
    assert_eq!(role.attributes["description"], crate::value::Value::from(""));
    assert_eq!(as_json(&role.attributes)["ownership"], json!({ "eksform:stack": "platform" }));
    assert_eq!(snapshot.object(&identity("role", &["none"])), Some(&Fact::Absent));

    // What is owned is then found by the tags of each.
    let (aws, log) = scripted(one_role);
    let snapshot = answered(&aws, [owned("role")]).await;
    assert_eq!(coverage(&snapshot, "role"), Coverage::Complete);
    assert_eq!(snapshot.objects.len(), 1);
    assert_complete("role", known(&snapshot, "role", &["a"]));
    let tags = log.lines().iter().filter(|line| line.starts_with("ListRoleTags")).count();
    assert_eq!(tags, 2, "a service's own role is nobody's");
}

#[tokio::test(start_paused = true)]
async fn one_role_alone_is_no_reason_to_read_all() {
    let (aws, log) = scripted(one_role);
    answered(&aws, [object("role", &["a"])]).await;
    assert_eq!(
        log.lines().iter().map(|line| line.split(' ').next().unwrap_or("")).collect::<BTreeSet<_>>(),
        BTreeSet::from(["GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"])
    );
}

#[tokio::test(start_paused = true)]
async fn a_search_that_is_refused_is_partial() {
    let (aws, _) = scripted(|line| match line.contains(" /") || line.starts_with("GetResources") {
        true => eks_error(403, "AccessDeniedException", "not authorized"),
        false => iam_error(403, "AccessDenied", "not authorized"),
    });
    let snapshot = answered(&aws, ["cluster", "addon", "pod_identity_association", "role"].map(owned)).await;
    for (kind, said) in [
        (
            "cluster",
            "GetResources: AccessDeniedException: not authorized; ListClusters: AccessDeniedException: not authorized",
        ),
        (
            "role",
            "GetAccountAuthorizationDetails: AccessDenied: not authorized; ListRoles: AccessDenied: not authorized",
        ),
    ] {
        assert_eq!(coverage(&snapshot, kind), Coverage::Partial(said.into()));
    }
    assert!(snapshot.objects.is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_the_tagging_api_everything_is_looked_at() {
    let (aws, _) = scripted(|line| match line {
        _ if line.starts_with("GetResources") => eks_error(403, "AccessDeniedException", "not authorized"),
        _ if line.starts_with("GET /clusters?") => ok(json!({ "clusters": ["demo"] }).to_string()),
        _ => account(line),
    });
    let snapshot = answered(&aws, ["cluster", "addon", "pod_identity_association"].map(owned)).await;
    for kind in ["cluster", "addon", "pod_identity_association"] {
        assert_eq!(coverage(&snapshot, kind), Coverage::Complete);
    }
    assert_eq!(snapshot.objects.len(), 1 + 5 + 20);
}

#[tokio::test(start_paused = true)]
async fn what_the_tagging_api_remembers_of_the_deleted_is_skipped() {
    let (aws, _) = scripted(|line| match line.starts_with("GetResources") {
        true => {
            assert!(
                line.contains(r#""TagFilters":[{"Key":"eksform:stack","Values":["platform"]}]"#),
                "{line}"
            );
            let page = line.contains(r#""PaginationToken":"next""#);
            let arn = match page {
                true => "arn:aws:eks:us-east-2:123456789012:cluster/demo",
                false => "arn:aws:eks:us-east-2:123456789012:cluster/gone",
            };
            let next = if page { "" } else { "next" };
            ok(json!({ "ResourceTagMappingList": [{ "ResourceARN": arn }], "PaginationToken": next })
                .to_string())
        }
        false => account(line),
    });
    let snapshot = answered(&aws, [owned("cluster")]).await;
    assert_eq!(snapshot.objects.keys().map(Identity::name).collect::<Vec<_>>(), ["demo"]);
    assert_eq!(coverage(&snapshot, "cluster"), Coverage::Complete);
}

#[tokio::test(start_paused = true)]
async fn clusters_have_awss_defaults() {
    let (aws, _) = scripted(|line| {
        let cluster = match line.ends_with("/full") {
            false => json!({ "name": "bare", "status": "CREATING" }),
            true => json!({
                "name": "full", "arn": "arn:aws:eks:us-east-2:123456789012:cluster/full", "version": "1.33",
                "roleArn": "arn:r", "status": "ACTIVE", "createdAt": 1700000000.25, "platformVersion": "eks.5",
                "endpoint": "https://x", "certificateAuthority": { "data": "Q0E=" },
                "identity": { "oidc": { "issuer": "https://oidc" } },
                "resourcesVpcConfig": { "subnetIds": ["subnet-2", "subnet-1"], "securityGroupIds": ["sg-1"],
                    "clusterSecurityGroupId": "sg-c", "vpcId": "vpc-1", "endpointPublicAccess": true,
                    "endpointPrivateAccess": true, "publicAccessCidrs": ["10.0.0.0/8"] },
                "kubernetesNetworkConfig": { "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4" },
                "logging": { "clusterLogging": [{ "types": ["audit", "api"], "enabled": true },
                                                { "types": ["scheduler"], "enabled": false }] },
                "accessConfig": { "authenticationMode": "API" },
                "computeConfig": { "enabled": true, "nodePools": ["system"], "nodeRoleArn": "arn:n" },
                "encryptionConfig": [{ "resources": ["secrets"], "provider": { "keyArn": "arn:k" } }],
                "outpostConfig": { "outpostArns": ["arn:o"], "controlPlaneInstanceType": "m5.large" },
                "remoteNetworkConfig": { "remoteNodeNetworks": [{ "cidrs": ["10.1.0.0/16"] }] },
                "upgradePolicy": { "supportType": "STANDARD" }, "zonalShiftConfig": { "enabled": true },
                "controlPlaneScalingConfig": { "tier": "tier-xl" }, "deletionProtection": true,
                "health": { "issues": [{ "code": "AccessDenied", "message": "no role" }] },
                "tags": { "team": "a", "aws:x": "y", "eksform:stack": "platform/prod", "eksform:address": "cluster.full" }
            }),
        };
        ok(json!({ "cluster": cluster }).to_string())
    });
    let snapshot = answered(&aws, [object("cluster", &["bare"]), object("cluster", &["full"])]).await;
    let bare = known(&snapshot, "cluster", &["bare"]);
    assert_complete("cluster", bare);
    assert_eq!(bare.phase, Phase::Busy);
    let json = as_json(&bare.attributes);
    assert_eq!(json["auto_mode"], json!({ "enabled": false, "node_pools": [], "node_role_arn": null }));
    assert_eq!(json["deletion_protection"], json!(false));
    assert_eq!(json["zonal_shift"], json!({ "enabled": false }));
    assert_eq!(json["upgrade_policy"], json!({ "support_type": "EXTENDED" }));
    assert_eq!(json["encryption_config"], json!(null));
    assert_eq!(json["remote_network_config"], json!(null));
    let full = known(&snapshot, "cluster", &["full"]);
    assert_complete("cluster", full);
    assert_eq!(full.phase, Phase::Settled);
    assert_eq!(full.issues.len(), 1);
    assert!(matches!(&full.owner, Owner::Stack { stack, address: Some(_) } if &**stack == "platform/prod"));
    assert_eq!(
        as_json(&full.attributes),
        json!({
            "name": "full", "arn": "arn:aws:eks:us-east-2:123456789012:cluster/full", "version": "1.33", "role_arn": "arn:r",
            "created_at": "2023-11-14T22:13:20.25Z", "platform_version": "eks.5", "endpoint": "https://x",
            "certificate_authority": "Q0E=", "oidc_issuer": "https://oidc", "cluster_security_group_id": "sg-c", "vpc_id": "vpc-1",
            "vpc": { "subnet_ids": ["subnet-1", "subnet-2"], "security_group_ids": ["sg-1"], "endpoint_public_access": true,
                     "endpoint_private_access": true, "public_access_cidrs": ["10.0.0.0/8"] },
            "kubernetes_network_config": { "service_ipv4_cidr": "172.20.0.0/16", "ip_family": "ipv4" },
            "enabled_log_types": ["api", "audit"], "access_config": { "authentication_mode": "API" },
            "auto_mode": { "enabled": true, "node_pools": ["system"], "node_role_arn": "arn:n" },
            "encryption_config": { "resources": ["secrets"], "key_arn": "arn:k" },
            "outpost_config": { "outpost_arns": ["arn:o"], "control_plane_instance_type": "m5.large", "control_plane_placement": null },
            "remote_network_config": { "remote_node_networks": { "cidrs": ["10.1.0.0/16"] }, "remote_pod_networks": null },
            "upgrade_policy": { "support_type": "STANDARD" }, "zonal_shift": { "enabled": true },
            "control_plane_scaling_config": { "tier": "tier-xl" }, "deletion_protection": true,
            "tags": { "team": "a" },
            "ownership": { "eksform:stack": "platform/prod", "eksform:address": "cluster.full" }
        })
    );
}

#[tokio::test(start_paused = true)]
async fn statuses_are_phases() {
    for (kind, status, phase) in [
        ("addon", "CREATING", Phase::Busy),
        ("addon", "UPDATING", Phase::Busy),
        ("addon", "CREATE_FAILED", Phase::Failed),
        ("addon", "DELETING", Phase::Deleting),
        ("addon", "DEGRADED", Phase::Settled),
        ("addon", "UPDATE_FAILED", Phase::Settled),
        ("addon", "SOMETHING_NEW", Phase::Settled),
        ("cluster", "PENDING", Phase::Busy),
        ("cluster", "FAILED", Phase::Failed),
        ("cluster", "DELETING", Phase::Deleting),
        ("cluster", "SOMETHING_NEW", Phase::Settled),
    ] {
        let (aws, _) = scripted(move |_| ok(json!({ kind: { "status": status } }).to_string()));
        let key: &[&str] = if kind == "addon" { &["demo", "x"] } else { &["demo"] };
        let Fact::Known(object) = aws.read(&providers(), &ProviderRef::default(), &identity(kind, key)).await
        else {
            panic!("{kind} {status}")
        };
        assert_eq!((object.phase, &*object.status), (phase, status), "{kind}");
        assert_complete(kind, &object);
    }
}

#[tokio::test(start_paused = true)]
async fn the_catalog() {
    let (aws, log) = scripted(|line| {
        let body = match line {
            _ if line.starts_with("GET /addons/supported-versions") => {
                json!({ "addons": [{ "addonName": "vpc-cni", "addonVersions": [
                { "addonVersion": "v2", "requiresIamPermissions": true, "compatibilities": [{ "clusterVersion": "1.33", "defaultVersion": false }] },
                { "addonVersion": "v1", "requiresConfiguration": true, "compatibilities": [{ "clusterVersion": "1.33", "defaultVersion": true }] },
            ] }] })
            }
            _ if line.starts_with("GET /addons/configuration-schemas") => {
                json!({ "configurationSchema": "{}",
                "podIdentityConfiguration": [{ "serviceAccount": "aws-node", "recommendedManagedPolicies": ["arn:p"] }] })
            }
            _ => json!({ "clusterVersions": [{ "clusterVersion": "1.34" }, { "clusterVersion": "1.33" }] }),
        };
        ok(body.to_string())
    });
    let provider = ProviderRef::default;
    let snapshot = answered(
        &aws,
        [
            Want::AddonVersions { provider: provider(), addon: "vpc-cni".into(), kubernetes: "1.33".into() },
            Want::AddonConfiguration { provider: provider(), addon: "vpc-cni".into(), version: "v1".into() },
            Want::ClusterVersions(provider()),
        ],
    )
    .await;
    let Some(Fact::Known(versions)) = snapshot.addon_versions.values().next() else { panic!("known") };
    let seen: Vec<_> =
        versions.iter().map(|v| (&*v.version, v.default, v.requires_iam, v.requires_configuration)).collect();
    assert_eq!(seen, [("v2", false, true, false), ("v1", true, false, true)]);
    let Some(Fact::Known(configuration)) = snapshot.addon_configurations.values().next() else {
        panic!("known")
    };
    assert_eq!(configuration.service_accounts, [("aws-node".into(), vec!["arn:p".into()])]);
    let Some(Fact::Known(versions)) = snapshot.cluster_versions.values().next() else { panic!("known") };
    assert_eq!(versions.len(), 2);
    assert_eq!(log.lines().len(), 3);
}

async fn refused(aws: &Aws, config: ProviderConfig) -> Diagnostic {
    let providers = [(ProviderRef::default(), config)].into();
    let wants = BTreeSet::from([Want::Caller(ProviderRef::default())]);
    let mut diagnostics = aws
        .answer(&providers, &stack(), &wants, &mut Snapshot::default())
        .await
        .expect_err("planning is impossible");
    assert_eq!(diagnostics.len(), 1);
    diagnostics.remove(0)
}

#[tokio::test(start_paused = true)]
async fn planning_is_impossible_without_credentials_region_network_or_in_the_wrong_account() {
    let (aws, _) = scripted(account);
    let allowed_account_ids = BTreeSet::from(["111111111111".into()]);
    let found = refused(&aws, ProviderConfig { allowed_account_ids, ..ProviderConfig::default() }).await;
    assert_eq!(found.code, "account-not-allowed");

    let nowhere = Aws::new(Setup { isolated: true, ..Setup::default() });
    assert_eq!(refused(&nowhere, ProviderConfig::default()).await.code, "no-region");

    let region = || ProviderConfig { region: Some("us-east-2".into()), ..ProviderConfig::default() };
    let nobody = Aws::new(Setup { isolated: true, ..Setup::default() });
    let found = refused(&nobody, region()).await;
    assert_eq!(found.code, "no-credentials", "{found:?}");
    assert!(found.help.expect("help").contains("AWS_PROFILE"));

    let down = crate::aws::fallible_transport(|_| {
        Box::pin(async { Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)) })
    });
    let down = Setup {
        isolated: true,
        http_client: Some(down),
        credentials: Some(access_key("AKIDEXAMPLE", "secret")),
        ..Setup::default()
    };
    assert_eq!(refused(&Aws::new(down), region()).await.code, "aws-unreachable");

    let expired = crate::aws::transport(|_| {
        let body =
            "<ErrorResponse><Error><Code>ExpiredToken</Code><Message>old</Message></Error></ErrorResponse>";
        Box::pin(async move {
            http::Response::builder().status(403).body(body.into()).expect("a canned answer is well formed")
        })
    });
    let expired = Setup {
        isolated: true,
        http_client: Some(expired),
        credentials: Some(access_key("AKIDEXAMPLE", "secret")),
        ..Setup::default()
    };
    assert_eq!(refused(&Aws::new(expired), region()).await.code, "no-credentials");
}

#[test]
fn everything_can_run_on_any_thread() {
    fn sendable<T: Send>(_: T) {}
    let aws = Aws::new(Setup::default());
    let (providers, provider, stack) = (providers(), ProviderRef::default(), stack());
    let (wants, mut snapshot, identity) = (BTreeSet::new(), Snapshot::default(), identity("cluster", &["x"]));
    sendable(aws.answer(&providers, &stack, &wants, &mut snapshot));
    sendable(aws.read(&providers, &provider, &identity));
    let call = call("CreateCluster", &[]);
    let schema = schema("cluster").expect("exists");
    let request = crate::aws::Request {
        providers: &providers,
        provider: &provider,
        identity: &identity,
        schema,
        call: &call,
        before: None,
        after: None,
    };
    sendable(aws.call(request));
    sendable(aws.settle(request, crate::aws::Wait::None, std::time::Duration::ZERO, &|_| {}));
}
