//! Fargate profiles.

use serde_json::{Map, Value, json};

use super::super::call::{Call, seconds, uuid_of};
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::cluster_config::{check_subnets, texts};
use super::{INVALID_PARAMETER, INVALID_REQUEST, NOT_FOUND, access_entries, active_cluster, cluster};
use super::{idempotency, invalid, roles, wrap};

/// Seconds that AWS takes.
const CREATE: f64 = 120.0;
const DELETE: f64 = 120.0;
/// Selectors of a profile.
const SELECTORS: usize = 5;

/// One profile of a cluster at a time may be coming or going.
fn check_idle(call: &Call<'_>, cluster: &str, name: &str) -> Result<(), AwsError> {
    let prefix = call.key(&["fargate-profile", cluster]);
    for (_, other) in call.store.range(&prefix, None) {
        let status = other.get("status").and_then(Value::as_str).unwrap_or_default();
        let other = other["view"]["fargateProfileName"].as_str().unwrap_or_default();
        if ["CREATING", "DELETING"].contains(&status) {
            let text = format!(
                "Cannot change Fargate Profile {name} because cluster {cluster} currently has Fargate profile {other} in \
                 status {status}"
            );
            let code = call.declared(&[INVALID_REQUEST, INVALID_PARAMETER]);
            return Err(AwsError::new(code, text).with("clusterName", cluster));
        }
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(made) = idempotency::replayed(call)? {
        return Ok(wrap("fargateProfile", made.describe()));
    }
    let cluster = active_cluster(call, "clusterName")?;
    let (cluster_name, name) = (cluster.text("name").to_owned(), call.required("fargateProfileName"));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 100 || !name.chars().all(plain) || name.starts_with("eks-") {
        return Err(invalid(call, format!("The Fargate profile name {name} is not valid")));
    }
    let key = call.key(&["fargate-profile", &cluster_name, &name]);
    if call.store.get(&key).is_some() {
        let text = format!("Fargate Profile already exists with name {name} in cluster {cluster_name}");
        return Err(AwsError::new(INVALID_REQUEST, text).with("clusterName", &cluster_name));
    }
    check_idle(call, &cluster_name, &name)?;
    let role = call.required("podExecutionRoleArn");
    roles::check_fargate_role(call, &role)?;
    let selectors = call.input.get("selectors").cloned().unwrap_or_else(|| json!([]));
    let list = selectors.as_array().cloned().unwrap_or_default();
    if list.is_empty()
        || list.len() > SELECTORS
        || list.iter().any(|selector| selector.get("namespace").is_none())
    {
        return Err(invalid(
            call,
            "A Fargate profile needs between 1 and 5 selectors, each with a namespace",
        ));
    }
    let vpc = cluster.view.get("resourcesVpcConfig").and_then(|vpc| vpc.get("subnetIds"));
    let subnets = call.input.get("subnets").or(vpc).cloned().unwrap_or_else(|| json!([]));
    check_subnets(call, &texts(Some(&subnets)))?;

    let seed = call.seed(&key);
    let mut made = Resource::default();
    let mut put = |member: &str, value: Value| made.view.insert(member.to_owned(), value);
    let resource = format!("fargateprofile/{cluster_name}/{name}/{}", uuid_of(&seed));
    put("fargateProfileName", json!(name));
    put("fargateProfileArn", json!(super::arn(call, &resource)));
    put("clusterName", json!(cluster_name));
    put("createdAt", seconds(call.now));
    put("podExecutionRoleArn", json!(role));
    put("subnets", subnets);
    put("selectors", selectors);
    put("tags", call.input.get("tags").cloned().unwrap_or_else(|| json!({})));
    put("health", json!({"issues": []}));
    made.hidden.insert("generation".into(), json!(seed));
    made.start("CREATING", call.after(CREATE), Some("ACTIVE"), Map::new());
    call.save(&key, &made);
    access_entries::of_nodes(call, &cluster, &role, "FARGATE_LINUX");
    idempotency::remember(call, &key, &seed);
    Ok(wrap("fargateProfile", made.describe()))
}

fn load(call: &Call<'_>) -> Result<(Resource, Resource), AwsError> {
    let cluster = cluster(call, "clusterName")?;
    let name = call.required("fargateProfileName");
    let profile = call.load::<Resource>(&call.key(&["fargate-profile", cluster.text("name"), &name]));
    let profile = profile.ok_or_else(|| {
        let error = AwsError::new(NOT_FOUND, format!("No Fargate Profile found with name: {name}."));
        error.with("clusterName", cluster.text("name")).with("fargateProfileName", &name)
    })?;
    Ok((cluster, profile))
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    Ok(wrap("fargateProfile", load(call)?.1.describe()))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (cluster, mut profile) = load(call)?;
    let name = profile.text("fargateProfileName").to_owned();
    check_idle(call, cluster.text("name"), &name)?;
    let done = call.after(DELETE);
    profile.start("DELETING", done, None, Map::new());
    let key = call.key(&["fargate-profile", cluster.text("name"), &name]);
    call.save(&key, &profile);
    Ok(wrap("fargateProfile", profile.describe()))
}
