//! Access entries and the access policies associated with them.

use serde_json::{Map, Value, json};

use super::super::call::{Arn, Call, seconds, uuid_of};
use super::super::catalog;
use super::super::error::{Answer, AwsError};
use super::super::iam::role_by_arn;
use super::super::resource::Resource;
use super::cluster_config::texts;
use super::{IN_USE, INVALID_REQUEST, NOT_FOUND, cluster, idempotency, invalid, page, wrap};

const TYPES: [&str; 8] = [
    "STANDARD",
    "EC2_LINUX",
    "EC2_WINDOWS",
    "FARGATE_LINUX",
    "EC2",
    "HYBRID_LINUX",
    "HYPERPOD_LINUX",
    "CAPABILITY",
];

/// Whether a cluster knows access entries.
pub(super) fn api_mode(cluster: &Resource) -> bool {
    let mode = cluster.view.get("accessConfig").and_then(|config| config.get("authenticationMode"));
    mode.and_then(Value::as_str).is_some_and(|mode| mode != "CONFIG_MAP")
}

/// The cluster, if it knows access entries.
fn api_cluster(call: &Call<'_>) -> Result<Resource, AwsError> {
    let cluster = cluster(call, "clusterName")?;
    if api_mode(&cluster) {
        return Ok(cluster);
    }
    let text = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this \
                operation.";
    Err(AwsError::new(INVALID_REQUEST, text).with("clusterName", cluster.text("name")))
}

fn view(entry: &Resource) -> Value {
    wrap("accessEntry", Value::Object(entry.view.clone()))
}

/// Makes the entry of a principal that was found to be one.
fn make(call: &mut Call<'_>, cluster: &str, principal: &str, kind: &str) -> (String, Resource) {
    let key = call.key(&["access-entry", cluster, principal]);
    let seed = call.seed(&key);
    let arn = Arn::parse(principal);
    let (account, resource) = arn.as_ref().map_or(("", ""), |arn| (arn.account, arn.resource));
    let (of, name) = resource.split_once('/').unwrap_or((resource, ""));
    let name = name.rsplit('/').next().unwrap_or_default();
    let (username, groups) = match kind {
        "STANDARD" | "CAPABILITY" if of == "role" => (
            format!("arn:{}:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}", call.partition),
            Vec::new(),
        ),
        "STANDARD" | "CAPABILITY" => (principal.to_owned(), Vec::new()),
        "FARGATE_LINUX" => (
            "system:node:{{SessionName}}".to_owned(),
            vec!["system:bootstrappers", "system:nodes", "system:node-proxier"],
        ),
        "EC2_WINDOWS" => (
            "system:node:{{EC2PrivateDNSName}}".to_owned(),
            vec!["eks:kube-proxy-windows", "system:bootstrappers", "system:nodes"],
        ),
        "EC2_LINUX" | "EC2" => ("system:node:{{EC2PrivateDNSName}}".to_owned(), vec!["system:nodes"]),
        _ => ("system:node:{{SessionName}}".to_owned(), vec!["system:nodes"]),
    };
    let mut entry = Resource::default();
    let mut put = |member: &str, value: Value| entry.view.insert(member.to_owned(), value);
    put("clusterName", json!(cluster));
    put("principalArn", json!(principal));
    put("kubernetesGroups", json!(groups));
    let resource = format!("access-entry/{cluster}/{of}/{account}/{name}/{}", uuid_of(&seed));
    put("accessEntryArn", json!(super::arn(call, &resource)));
    put("createdAt", seconds(call.now));
    put("modifiedAt", seconds(call.now));
    put("tags", json!({}));
    put("username", json!(username));
    put("type", json!(kind));
    entry.hidden.insert("generation".into(), json!(seed));
    (key, entry)
}

/// The entry of whoever made the cluster, unless they asked for none.
pub(super) fn of_creator(call: &mut Call<'_>, cluster: &Resource) {
    let creator = cluster.hidden.get("creator").and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = cluster.text("name").to_owned();
    let there = call.store.get(&call.key(&["access-entry", &name, &creator])).is_some();
    if there || cluster.hidden.get("creatorAdmin") != Some(&Value::Bool(true)) || creator.is_empty() {
        return;
    }
    let (key, mut entry) = make(call, &name, &creator, "STANDARD");
    let policy = format!("arn:{}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", call.partition);
    let scope = json!({"type": "cluster", "namespaces": []});
    let mut policies = Map::new();
    policies.insert(policy.clone(), associated(call, &policy, scope, call.now));
    entry.hidden.insert("policies".into(), Value::Object(policies));
    call.save(&key, &entry);
}

/// The entry that lets the nodes of a group or profile in.
pub(super) fn of_nodes(call: &mut Call<'_>, cluster: &Resource, role: &str, kind: &str) {
    let name = cluster.text("name").to_owned();
    if api_mode(cluster) && call.store.get(&call.key(&["access-entry", &name, role])).is_none() {
        let (key, entry) = make(call, &name, role, kind);
        call.save(&key, &entry);
    }
}

fn check_principal(call: &Call<'_>, principal: &str) -> Result<(), AwsError> {
    let arn = Arn::parse(principal).filter(|arn| arn.service == "iam" && arn.account.len() == 12);
    let valid = arn.is_some_and(|arn| match arn.resource.split_once('/') {
        Some(("user", name)) => !name.is_empty(),
        Some(("role", name)) => {
            !name.is_empty() && (arn.account != call.account || role_by_arn(call.store, principal).is_some())
        }
        _ => false,
    });
    if valid {
        return Ok(());
    }
    Err(invalid(call, "The specified principalArn is invalid: invalid principal."))
}

fn check_groups(call: &Call<'_>, kind: &str) -> Result<(), AwsError> {
    let groups = texts(call.input.get("kubernetesGroups"));
    if kind != "STANDARD" && (!groups.is_empty() || call.input.contains_key("username")) {
        let text =
            format!("kubernetesGroups and username cannot be specified for access entries of type {kind}");
        return Err(invalid(call, text));
    }
    if groups
        .iter()
        .any(|group| ["system:", "eks:", "aws:", "amazon:", "iam:"].iter().any(|p| group.starts_with(p)))
    {
        let text = "The kubernetes group name is invalid, it cannot start with system:, eks:, aws:, amazon:, or iam:";
        return Err(invalid(call, text));
    }
    if let Some(name) = call.text("username")
        && ["system:", "eks:", "aws:", "amazon:", "iam:"].iter().any(|prefix| name.starts_with(prefix))
    {
        let text = "The username is invalid, it cannot start with system:, eks:, aws:, amazon:, or iam:";
        return Err(invalid(call, text));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(made) = idempotency::replayed(call)? {
        return Ok(view(&made));
    }
    let cluster = api_cluster(call)?;
    let name = cluster.text("name").to_owned();
    let principal = call.required("principalArn");
    check_principal(call, &principal)?;
    let kind = call.text("type").unwrap_or_else(|| "STANDARD".to_owned());
    if !TYPES.contains(&kind.as_str()) {
        return Err(invalid(call, format!("The access entry type {kind} is not valid")));
    }
    check_groups(call, &kind)?;
    if call.store.get(&call.key(&["access-entry", &name, &principal])).is_some() {
        let text = "The specified access entry resource is already in use on this cluster.";
        return Err(AwsError::new(IN_USE, text).with("clusterName", &name));
    }
    let (key, mut entry) = make(call, &name, &principal, &kind);
    for member in ["kubernetesGroups", "username", "tags"] {
        if let Some(value) = call.input.get(member) {
            entry.view.insert(member.to_owned(), value.clone());
        }
    }
    call.save(&key, &entry);
    let generation = entry.hidden.get("generation").and_then(Value::as_str).unwrap_or_default().to_owned();
    idempotency::remember(call, &key, &generation);
    Ok(view(&entry))
}

fn load(call: &Call<'_>) -> Result<(String, Resource), AwsError> {
    let cluster = api_cluster(call)?;
    let key = call.key(&["access-entry", cluster.text("name"), &call.required("principalArn")]);
    let entry = call.load(&key).ok_or_else(|| {
        let text = "The specified principalArn could not be found. You can view your available access entries with \
                    'list-access-entries'.";
        AwsError::new(NOT_FOUND, text).with("clusterName", cluster.text("name"))
    })?;
    Ok((key, entry))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    Ok(view(&load(call)?.1))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let cluster = api_cluster(call)?;
    let policy = call.text("associatedPolicyArn");
    let prefix = call.key(&["access-entry", cluster.text("name")]);
    page(call, &prefix, "accessEntries", |entry| {
        let has = policy.as_ref().is_none_or(|policy| policies(entry).contains_key(policy));
        has.then(|| entry.text("principalArn").to_owned())
    })
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    if let Some(made) = idempotency::replayed(call)? {
        return Ok(view(&made));
    }
    let (key, mut entry) = load(call)?;
    check_groups(call, entry.text("type"))?;
    for member in ["kubernetesGroups", "username"] {
        if let Some(value) = call.input.get(member) {
            entry.view.insert(member.to_owned(), value.clone());
        }
    }
    entry.view.insert("modifiedAt".into(), seconds(call.now));
    call.save(&key, &entry);
    let generation = entry.hidden.get("generation").and_then(Value::as_str).unwrap_or_default().to_owned();
    idempotency::remember(call, &key, &generation);
    Ok(view(&entry))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (key, _) = load(call)?;
    call.store.remove(&key);
    Ok(Value::Object(Map::new()))
}

fn policies(entry: &Resource) -> Map<String, Value> {
    entry.hidden.get("policies").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn associated(call: &Call<'_>, policy: &str, scope: Value, since: i64) -> Value {
    json!({"policyArn": policy, "accessScope": scope, "associatedAt": seconds(since), "modifiedAt": seconds(call.now)})
}

pub(super) fn associate(call: &mut Call<'_>) -> Answer {
    let (key, mut entry) = load(call)?;
    if !["STANDARD", "EC2", "HYPERPOD_LINUX", "CAPABILITY"].contains(&entry.text("type")) {
        let text = format!(
            "Access policies cannot be associated with access entries of type {}",
            entry.text("type")
        );
        return Err(AwsError::new(INVALID_REQUEST, text).with("clusterName", entry.text("clusterName")));
    }
    let policy = call.required("policyArn");
    let known = policy.split_once(":eks::aws:cluster-access-policy/");
    if !known.is_some_and(|(_, name)| catalog::get().access_policies.iter().any(|known| known == name)) {
        return Err(invalid(
            call,
            "The policyArn parameter format is not valid or the policy does not exist",
        ));
    }
    let scope = call.input.get("accessScope").cloned().unwrap_or_default();
    let namespaces = texts(scope.get("namespaces"));
    match scope.get("type").and_then(Value::as_str) {
        Some("namespace") if namespaces.is_empty() => {
            return Err(invalid(call, "The namespaces of a namespace scope must be specified"));
        }
        Some("cluster") if !namespaces.is_empty() => {
            return Err(invalid(call, "Namespaces cannot be specified for a cluster scope"));
        }
        Some(_) => {}
        None => {
            return Err(invalid(call, "The type of the access scope must be specified"));
        }
    }
    let scope = json!({"type": scope["type"], "namespaces": namespaces});
    let mut policies = policies(&entry);
    let mut made = associated(call, &policy, scope, call.now);
    if let Some(before) = policies.get(&policy) {
        made["associatedAt"] = before["associatedAt"].clone();
    }
    policies.insert(policy, made.clone());
    entry.hidden.insert("policies".into(), Value::Object(policies));
    call.save(&key, &entry);
    Ok(json!({
        "clusterName": entry.text("clusterName"), "principalArn": entry.text("principalArn"),
        "associatedAccessPolicy": made,
    }))
}

pub(super) fn disassociate(call: &mut Call<'_>) -> Answer {
    let (key, mut entry) = load(call)?;
    let mut policies = policies(&entry);
    if policies.remove(&call.required("policyArn")).is_none() {
        let text = "The specified policyArn is not associated with the access entry.";
        return Err(AwsError::new(NOT_FOUND, text).with("clusterName", entry.text("clusterName")));
    }
    entry.hidden.insert("policies".into(), Value::Object(policies));
    call.save(&key, &entry);
    Ok(Value::Object(Map::new()))
}

pub(super) fn list_associated(call: &mut Call<'_>) -> Answer {
    let (_, entry) = load(call)?;
    let items = policies(&entry).into_iter().map(|(_, policy)| policy).collect();
    let mut answer = super::versions::paged(call, "associatedAccessPolicies", items)?;
    answer["clusterName"] = json!(entry.text("clusterName"));
    answer["principalArn"] = json!(entry.text("principalArn"));
    Ok(answer)
}
