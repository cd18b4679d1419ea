//! Managed node groups: create, describe, delete.

use serde_json::{Map, Value, json};

use super::super::call::{Call, seconds, uuid_of};
use super::super::catalog;
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::cluster_config::{check_subnets, texts};
use super::{
    IN_USE, NOT_FOUND, access_entries, active_cluster, cluster, clusters, idempotency, invalid, roles, wrap,
};

/// Seconds that AWS takes.
const CREATE: f64 = 150.0;
const DELETE: f64 = 180.0;

pub(super) fn refuse(call: &Call<'_>, text: impl Into<String>) -> AwsError {
    let error = invalid(call, text);
    match call.text("nodegroupName") {
        Some(name) => error.with("nodegroupName", &name),
        None => error,
    }
}

fn minor(version: &str) -> i64 {
    version.split_once('.').and_then(|(_, minor)| minor.parse().ok()).unwrap_or_default()
}

/// A node group's Kubernetes version: not newer than its cluster's and not more than three behind.
pub(super) fn check_version(call: &Call<'_>, version: &str, cluster: &str) -> Result<(), AwsError> {
    if !catalog::get().kubernetes.iter().any(|known| known.version == version) {
        return Err(refuse(call, format!("Requested Nodegroup version {version} is not supported")));
    }
    if minor(version) > minor(cluster) || minor(cluster) - minor(version) > 3 {
        let text = format!(
            "Nodegroup Kubernetes version {version} is not compatible with cluster version {cluster}"
        );
        return Err(refuse(call, text));
    }
    Ok(())
}

/// The release of AWS's AMI for a Kubernetes version.
pub(super) fn release(version: &str) -> String {
    let patch = catalog::get().kubernetes.iter().find(|known| known.version == version);
    format!("{}-20260101", patch.map_or(version, |known| &known.patch))
}

/// A scaling configuration over the one before it.
pub(super) fn scaling(call: &Call<'_>, before: &Value) -> Result<Value, AwsError> {
    let request = call.input.get("scalingConfig").cloned().unwrap_or_default();
    let get =
        |member: &str| request.get(member).or(before.get(member)).and_then(Value::as_i64).unwrap_or_default();
    let (min, max, desired) = (get("minSize"), get("maxSize"), get("desiredSize"));
    if min > desired {
        return Err(refuse(
            call,
            format!("Minimum capacity {min} can't be greater than desired size {desired}"),
        ));
    }
    if desired > max {
        return Err(refuse(call, format!("Desired capacity {desired} can't be greater than max size {max}")));
    }
    Ok(json!({"minSize": min, "maxSize": max, "desiredSize": desired}))
}

/// Taints, at most fifty, each key and effect once.
pub(super) fn check_taints(call: &Call<'_>, taints: &[Value]) -> Result<(), AwsError> {
    let id = |taint: &Value| (taint.get("key").cloned(), taint.get("effect").cloned());
    let twice = taints
        .iter()
        .enumerate()
        .any(|(index, taint)| taints[..index].iter().any(|other| id(other) == id(taint)));
    if taints.len() > 50 || twice {
        return Err(refuse(call, "Taints must be unique by key and effect, and at most 50"));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(made) = idempotency::replayed(call)? {
        return Ok(wrap("nodegroup", made.describe()));
    }
    let cluster = active_cluster(call, "clusterName")?;
    let (cluster_name, name) = (cluster.text("name").to_owned(), call.required("nodegroupName"));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 63 || !name.chars().all(plain) || name.starts_with(['-', '_']) {
        return Err(refuse(call, format!("The nodegroup name {name} is not valid")));
    }
    let key = call.key(&["nodegroup", &cluster_name, &name]);
    if call.store.get(&key).is_some() {
        let text = format!("NodeGroup already exists with name {name} and cluster name {cluster_name}");
        return Err(AwsError::new(IN_USE, text)
            .with("clusterName", &cluster_name)
            .with("nodegroupName", &name));
    }
    let subnets = call.input.get("subnets").cloned().unwrap_or_default();
    if texts(Some(&subnets)).is_empty() {
        return Err(refuse(call, "Subnets are not specified"));
    }
    check_subnets(call, &texts(Some(&subnets)))?;
    let role = call.required("nodeRole");
    roles::check_node_role(call, &role)?;
    let version = call.text("version").unwrap_or_else(|| cluster.text("version").to_owned());
    check_version(call, &version, cluster.text("version"))?;
    let scaling = scaling(call, &json!({"minSize": 1, "maxSize": 2, "desiredSize": 2}))?;
    let taints = call.input.get("taints").and_then(Value::as_array).cloned().unwrap_or_default();
    check_taints(call, &taints)?;
    check_template(call)?;

    let seed = call.seed(&key);
    let id = uuid_of(&seed);
    let custom = call.text("amiType").as_deref() == Some("CUSTOM");
    let templated = call.input.contains_key("launchTemplate");
    let ami = if minor(&version) >= 30 { "AL2023_x86_64_STANDARD" } else { "AL2_x86_64" };
    let mut made = Resource::default();
    let mut put = |member: &str, value: Value| made.view.insert(member.to_owned(), value);
    put("nodegroupName", json!(name));
    put("nodegroupArn", json!(super::arn(call, &format!("nodegroup/{cluster_name}/{name}/{id}"))));
    put("clusterName", json!(cluster_name));
    put("version", json!(version));
    put("releaseVersion", json!(call.text("releaseVersion").unwrap_or_else(|| release(&version))));
    put("createdAt", seconds(call.now));
    put("modifiedAt", seconds(call.now));
    put("capacityType", json!(call.text("capacityType").unwrap_or_else(|| "ON_DEMAND".to_owned())));
    put("scalingConfig", scaling);
    put("subnets", subnets);
    put("amiType", json!(call.text("amiType").unwrap_or_else(|| ami.to_owned())));
    put("nodeRole", json!(role));
    put("labels", call.input.get("labels").cloned().unwrap_or_else(|| json!({})));
    if !taints.is_empty() {
        put("taints", Value::Array(taints));
    }
    put("health", json!({"issues": []}));
    put(
        "updateConfig",
        call.input.get("updateConfig").cloned().unwrap_or_else(|| json!({"maxUnavailable": 1})),
    );
    put("tags", call.input.get("tags").cloned().unwrap_or_else(|| json!({})));
    if !templated {
        put("diskSize", call.input.get("diskSize").cloned().unwrap_or_else(|| json!(20)));
    }
    if !templated || call.input.contains_key("instanceTypes") {
        put(
            "instanceTypes",
            call.input.get("instanceTypes").cloned().unwrap_or_else(|| json!(["t3.medium"])),
        );
    }
    for member in ["remoteAccess", "launchTemplate", "nodeRepairConfig", "warmPoolConfig"] {
        if let Some(value) = call.input.get(member) {
            put(member, value.clone());
        }
    }
    if custom && !templated {
        return Err(refuse(call, "The CUSTOM AMI type needs a launch template"));
    }
    made.hidden.insert("generation".into(), json!(seed));
    let mut patch = Map::new();
    let group = format!("eks-{name}-{}", &id[..8]);
    let mut resources = json!({"autoScalingGroups": [{"name": group}]});
    if call.input.contains_key("remoteAccess") {
        resources["remoteAccessSecurityGroup"] = json!(clusters::ec2_id("sg", &seed));
    }
    patch.insert("resources".into(), resources);
    made.start("CREATING", call.after(CREATE), Some("ACTIVE"), patch);
    call.save(&key, &made);
    // EKS lets the nodes of its own groups in by itself.
    access_entries::of_nodes(call, &cluster, &role, "EC2_LINUX");
    idempotency::remember(call, &key, &seed);
    Ok(wrap("nodegroup", made.describe()))
}

fn check_template(call: &Call<'_>) -> Result<(), AwsError> {
    let Some(template) = call.input.get("launchTemplate") else {
        return Ok(());
    };
    if template.get("name").is_some() == template.get("id").is_some() {
        return Err(refuse(
            call,
            "You must specify either the launch template ID or the launch template name",
        ));
    }
    for member in ["diskSize", "remoteAccess"] {
        if call.input.contains_key(member) {
            return Err(refuse(
                call,
                format!("{member} cannot be specified together with a launch template"),
            ));
        }
    }
    Ok(())
}

/// The cluster and the node group a request names.
pub(super) fn load(call: &Call<'_>) -> Result<(Resource, Resource), AwsError> {
    let cluster = cluster(call, "clusterName")?;
    let name = call.required("nodegroupName");
    let group = call.load::<Resource>(&call.key(&["nodegroup", cluster.text("name"), &name]));
    let group = group.ok_or_else(|| {
        let error = AwsError::new(NOT_FOUND, format!("No node group found for name: {name}."));
        error.with("clusterName", cluster.text("name")).with("nodegroupName", &name)
    })?;
    Ok((cluster, group))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    Ok(wrap("nodegroup", load(call)?.1.describe()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (cluster, mut group) = load(call)?;
    let name = group.text("nodegroupName").to_owned();
    if ["DELETING", "UPDATING"].contains(&group.status.as_str()) {
        let text = format!("Nodegroup {name} cannot be deleted as it is currently in {} state", group.status);
        let error = AwsError::new(IN_USE, text).with("clusterName", cluster.text("name"));
        return Err(error.with("nodegroupName", &name));
    }
    let done = call.after(DELETE);
    group.start("DELETING", done, None, Map::new());
    let key = call.key(&["nodegroup", cluster.text("name"), &name]);
    call.save(&key, &group);
    Ok(wrap("nodegroup", group.describe()))
}
