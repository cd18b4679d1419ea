//! What is asked for which wants, and what canned answers become.

mod reach;
mod reads;
mod shapes;

use crate::aws::Aws;
use crate::aws::testing::*;
use crate::kinds::schema;
use crate::live::{Coverage, Fact, Object, Snapshot, StackName};
use crate::value::{ProviderRef, Want};
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

/// All attributes that AWS returns are there, and no others. Only an add-on's namespace is left out where
/// AWS does not tell it.
fn assert_complete(kind: &str, object: &Object) {
    let expected: BTreeSet<&str> = schema(kind)
        .expect("exists")
        .attributes
        .iter()
        .filter(|attribute| attribute.returned && attribute.change != crate::kinds::Change::Expanded)
        .map(|attribute| attribute.name)
        .collect();
    let mut there: BTreeSet<&str> = object.attributes.keys().map(AsRef::as_ref).collect();
    if kind == "addon" {
        there.insert("namespace");
    }
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
