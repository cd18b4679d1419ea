//! Changes of node groups.

use serde_json::{Map, Value, json};

use super::super::call::{Call, seconds};
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::cluster_config::texts;
use super::nodegroups::{check_taints, check_version, load, refuse, release, scaling};
use super::updates::{self, Of};
use super::{IN_USE, idempotency, wrap};

/// Seconds that AWS takes.
const CONFIG: f64 = 30.0;
const VERSION: f64 = 300.0;

fn check_idle(group: &Resource) -> Result<(), AwsError> {
    if ["ACTIVE", "DEGRADED"].contains(&group.status.as_str()) {
        return Ok(());
    }
    let (cluster, name) = (group.text("clusterName"), group.text("nodegroupName"));
    let text = "Nodegroup cannot be updated as it is currently not in Active State";
    Err(AwsError::new(IN_USE, text).with("clusterName", cluster).with("nodegroupName", name))
}

fn begin(
    call: &mut Call<'_>,
    mut group: Resource,
    kind: &str,
    params: Vec<(&str, String)>,
    mut patch: Map<String, Value>,
    duration: f64,
) -> Value {
    let (cluster, name) = (group.text("clusterName").to_owned(), group.text("nodegroupName").to_owned());
    patch.insert("modifiedAt".into(), seconds(call.now));
    let done = call.after(duration);
    let update = updates::start(call, &cluster, Of::Nodegroup(&name), kind, params, done);
    group.start("UPDATING", done, Some("ACTIVE"), patch);
    let key = call.key(&["nodegroup", &cluster, &name]);
    call.save(&key, &group);
    wrap("update", update.describe())
}

pub(super) fn update_version(call: &mut Call<'_>) -> Answer {
    if let Some(update) = idempotency::replayed(call)? {
        return Ok(wrap("update", update.describe()));
    }
    let (cluster, group) = load(call)?;
    check_idle(&group)?;
    let version = call.text("version").unwrap_or_else(|| cluster.text("version").to_owned());
    check_version(call, &version, cluster.text("version"))?;
    let release = call.text("releaseVersion").unwrap_or_else(|| release(&version));
    let mut patch = Map::new();
    patch.insert("version".into(), json!(version));
    patch.insert("releaseVersion".into(), json!(release));
    let mut params = vec![("Version", version), ("ReleaseVersion", release)];
    if let Some(template) = call.input.get("launchTemplate") {
        if !group.view.contains_key("launchTemplate") {
            return Err(refuse(call, "The nodegroup was not made with a launch template"));
        }
        for (member, param) in [("name", "LaunchTemplateName"), ("version", "LaunchTemplateVersion")] {
            if let Some(value) = template.get(member).and_then(Value::as_str) {
                params.push((param, value.to_owned()));
            }
        }
        patch.insert("launchTemplate".into(), template.clone());
    }
    Ok(begin(call, group, "VersionUpdate", params, patch, VERSION))
}

pub(super) fn update_config(call: &mut Call<'_>) -> Answer {
    if let Some(update) = idempotency::replayed(call)? {
        return Ok(wrap("update", update.describe()));
    }
    let (_, group) = load(call)?;
    check_idle(&group)?;
    let mut patch = Map::new();
    let mut params: Vec<(&str, String)> = Vec::new();
    if let Some(request) = call.input.get("scalingConfig") {
        let before = group.view.get("scalingConfig").cloned().unwrap_or_default();
        patch.insert("scalingConfig".into(), scaling(call, &before)?);
        for (member, param) in
            [("minSize", "MinSize"), ("maxSize", "MaxSize"), ("desiredSize", "DesiredSize")]
        {
            if let Some(value) = request.get(member) {
                params.push((param, value.to_string()));
            }
        }
    }
    if let Some(request) = call.input.get("labels") {
        let mut labels = group.view.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
        for name in texts(request.get("removeLabels")) {
            labels.remove(name);
        }
        labels
            .extend(request.get("addOrUpdateLabels").and_then(Value::as_object).cloned().unwrap_or_default());
        patch.insert("labels".into(), Value::Object(labels));
        push(&mut params, "LabelsToAdd", request.get("addOrUpdateLabels"));
        push(&mut params, "LabelsToRemove", request.get("removeLabels"));
    }
    if let Some(request) = call.input.get("taints") {
        let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let same = |a: &Value, b: &Value| a.get("key") == b.get("key") && a.get("effect") == b.get("effect");
        let (added, removed) = (list(request.get("addOrUpdateTaints")), list(request.get("removeTaints")));
        let mut taints = list(group.view.get("taints"));
        taints.retain(|taint| !removed.iter().chain(&added).any(|other| same(taint, other)));
        taints.extend(added);
        check_taints(call, &taints)?;
        let shown = if taints.is_empty() { Value::Null } else { Value::Array(taints) };
        patch.insert("taints".into(), shown);
        push(&mut params, "TaintsToAdd", request.get("addOrUpdateTaints"));
        push(&mut params, "TaintsToRemove", request.get("removeTaints"));
    }
    if let Some(request) = call.input.get("updateConfig") {
        if request.get("maxUnavailable").is_some() && request.get("maxUnavailablePercentage").is_some() {
            return Err(refuse(
                call,
                "Only one of maxUnavailable and maxUnavailablePercentage can be specified",
            ));
        }
        patch.insert("updateConfig".into(), request.clone());
        push(&mut params, "MaxUnavailable", request.get("maxUnavailable"));
        push(&mut params, "MaxUnavailablePercentage", request.get("maxUnavailablePercentage"));
    }
    for (member, param) in [("nodeRepairConfig", "NodeRepairConfig"), ("warmPoolConfig", "WarmPoolEnabled")] {
        if let Some(request) = call.input.get(member) {
            patch.insert(member.to_owned(), request.clone());
            let shown = if param == "WarmPoolEnabled" { request.get("enabled") } else { Some(request) };
            push(&mut params, param, shown);
        }
    }
    if patch.is_empty() {
        return Err(refuse(call, "Nothing to update: no configuration was specified"));
    }
    Ok(begin(call, group, "ConfigUpdate", params, patch, CONFIG))
}

fn push<'a>(params: &mut Vec<(&'a str, String)>, param: &'a str, value: Option<&Value>) {
    if let Some(value) = value {
        params.push((param, value.to_string()));
    }
}
