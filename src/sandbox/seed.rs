//! Seeds: a state in AWS's own words, by account and region.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Map, Value, json};

use super::call::{Arn, UPPER, iam_key, id_text, seconds};
use super::iam::Role;
use super::resource::Resource;
use super::store::{Store, key};

type Planted = Result<(), String>;

/// Adds what the seed lists, all or nothing.
pub(super) fn plant(store: &mut Store, seed: &Value, now: i64) -> io::Result<()> {
    if let Err(text) = accounts(store, seed, now) {
        store.rollback();
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    store.commit()
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{what} must be an object"))
}

fn members<'a>(value: &'a Value, known: &[&str], what: &str) -> Result<&'a Map<String, Value>, String> {
    let object = object(value, what)?;
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => {
            Err(format!("{what} has an unknown member {unknown}; known are {}", known.join(", ")))
        }
        None => Ok(object),
    }
}

fn list<'a>(object: &'a Map<String, Value>, member: &str) -> Result<&'a [Value], String> {
    match object.get(member) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(format!("{member} must be a list")),
    }
}

fn text<'a>(value: &'a Value, member: &str, what: &str) -> Result<&'a str, String> {
    value.get(member).and_then(Value::as_str).ok_or_else(|| format!("{what} needs a text {member}"))
}

fn accounts(store: &mut Store, seed: &Value, now: i64) -> Planted {
    let root = members(seed, &["accounts"], "the seed")?;
    let Some(accounts) = root.get("accounts") else {
        return Ok(());
    };
    for (account, content) in object(accounts, "accounts")? {
        if account.len() != 12 || !account.chars().all(|c| c.is_ascii_digit()) {
            return Err(format!("{account} is not an account id"));
        }
        let content = members(content, &["roles", "regions"], "an account")?;
        for value in list(content, "roles")? {
            role(store, account, value, now)?;
        }
        let Some(regions) = content.get("regions") else {
            continue;
        };
        for (region, content) in object(regions, "regions")? {
            let content = members(content, &["clusters", "subnets"], "a region")?;
            for subnet in list(content, "subnets")? {
                let id = text(subnet, "subnetId", "a subnet")?;
                let view = object(subnet, "a subnet")?.clone();
                let stored = Resource { view, ..Resource::default() };
                save(store, &key(&[account, region, "subnet", id]), &stored);
            }
            for value in list(content, "clusters")? {
                cluster(store, &[account, region], value, now)?;
            }
        }
    }
    Ok(())
}

fn save(store: &mut Store, key: &str, resource: &Resource) {
    store.put(key.to_owned(), serde_json::to_value(resource).unwrap_or_default());
}

/// A policy document, as text or as the object itself.
fn document(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A role: GetRole's members, and `InlinePolicies` (name to document) and `AttachedPolicies` (ARNs).
fn role(store: &mut Store, account: &str, value: &Value, now: i64) -> Planted {
    let name = text(value, "RoleName", "a role")?.to_owned();
    let path = value.get("Path").and_then(Value::as_str).unwrap_or("/").to_owned();
    let arn = value.get("Arn").and_then(Value::as_str).map(str::to_owned);
    let arn = arn.unwrap_or_else(|| format!("arn:aws:iam::{account}:role{path}{name}"));
    let trust = value.get("AssumeRolePolicyDocument").ok_or("a role needs an AssumeRolePolicyDocument")?;
    let id = value.get("RoleId").and_then(Value::as_str).map(str::to_owned);
    let tags = value.get("Tags").and_then(Value::as_array).into_iter().flatten().filter_map(|tag| {
        let (key, value) = (tag.get("Key")?.as_str()?, tag.get("Value")?.as_str()?);
        Some((key.to_lowercase(), (key.to_owned(), value.to_owned())))
    });
    let inline = value.get("InlinePolicies").and_then(Value::as_object).into_iter().flatten();
    let attached = value.get("AttachedPolicies").and_then(Value::as_array).into_iter().flatten();
    let role = Role {
        id: id.unwrap_or_else(|| format!("AROA{}", id_text(&arn, 17, UPPER))),
        arn,
        path,
        created: now,
        trust: document(trust),
        trusted_ids: BTreeMap::new(),
        description: value.get("Description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        max_session: value.get("MaxSessionDuration").and_then(Value::as_i64).unwrap_or(3600),
        boundary: value
            .get("PermissionsBoundary")
            .and_then(|boundary| boundary.get("PermissionsBoundaryArn").unwrap_or(boundary).as_str())
            .map(str::to_owned),
        inline: inline.map(|(name, policy)| (name.clone(), document(policy))).collect(),
        attached: attached.filter_map(Value::as_str).map(str::to_owned).collect(),
        tags: tags.collect(),
        name: name.clone(),
    };
    let key = iam_key(account, &["role", &name.to_ascii_lowercase()]);
    store.put(key, serde_json::to_value(&role).unwrap_or_default());
    Ok(())
}

/// What belongs to a cluster in a seed: the list's name, the kind, the member that is its name.
const MEMBERS: [(&str, &str, &str); 5] = [
    ("addons", "addon", "addonName"),
    ("podIdentityAssociations", "association", "associationId"),
    ("nodegroups", "nodegroup", "nodegroupName"),
    ("fargateProfiles", "fargate-profile", "fargateProfileName"),
    ("accessEntries", "access-entry", "principalArn"),
];

/// `{"cluster": DescribeCluster's view, "addons": […], "podIdentityAssociations": […], …}`
fn cluster(store: &mut Store, place: &[&str; 2], value: &Value, now: i64) -> Planted {
    let known: Vec<&str> = ["cluster"].into_iter().chain(MEMBERS.map(|(list, ..)| list)).collect();
    let content = members(value, &known, "a cluster")?;
    let view = content.get("cluster").ok_or("a cluster needs its cluster member")?;
    let name = text(view, "name", "a cluster")?.to_owned();
    for member in ["arn", "version", "roleArn"] {
        text(view, member, "a cluster")?;
    }
    let of_place = text(view, "arn", "a cluster").is_ok_and(|arn| {
        Arn::parse(arn).is_some_and(|arn| arn.account == place[0] && arn.region == place[1])
    });
    if !of_place {
        return Err(format!(
            "the ARN of cluster {name} is not of account {} and region {}",
            place[0], place[1]
        ));
    }
    save(store, &key(&[place[0], place[1], "cluster", &name]), &planted(view, "ACTIVE", now)?);
    for (list_name, kind, name_member) in MEMBERS {
        for value in list(content, list_name)? {
            let member = text(value, name_member, list_name)?;
            let status = if ["association", "access-entry"].contains(&kind) { "" } else { "ACTIVE" };
            let resource = planted(value, status, now)?;
            save(store, &key(&[place[0], place[1], kind, &name, member]), &resource);
        }
    }
    Ok(())
}

/// A description as a stored object. A status that was under way when it was taken is settled.
fn planted(value: &Value, settled: &str, now: i64) -> Result<Resource, String> {
    let mut view = object(value, "a description")?.clone();
    view.retain(|_, value| !value.is_null());
    let status = view.remove("status").and_then(|status| status.as_str().map(str::to_owned));
    // An add-on's associations are found by their owner, and whether it is degraded by its nodes.
    view.remove("podIdentityAssociations");
    view.entry("tags").or_insert_with(|| json!({}));
    view.entry("createdAt").or_insert_with(|| seconds(now));
    let kept = status.filter(|status| status.ends_with("FAILED"));
    Ok(Resource { view, status: kept.unwrap_or_else(|| settled.to_owned()), ..Resource::default() })
}
