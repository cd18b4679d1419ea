//! UpdateAddon.

use serde_json::{Map, Value, json};

use super::super::call::{Call, seconds};
use super::super::catalog;
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::addons::{check_associations, check_exclusive, check_version, load, refuse, wanted};
use super::updates::{self, Of};
use super::{IN_USE, associations, configuration, idempotency, roles, wrap};

/// Seconds that AWS takes.
const UPDATE: f64 = 30.0;

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    if let Some(update) = idempotency::replayed(call)? {
        return Ok(wrap("update", update.describe()));
    }
    let (cluster, mut addon) = load(call)?;
    let (cluster_name, name) = (cluster.text("name").to_owned(), addon.text("addonName").to_owned());
    check_state(&cluster, &addon)?;
    let Some(known) = catalog::addon(call.store, &name) else {
        return Err(refuse(call, &name, "Addon specified is not supported".to_owned()));
    };
    let current = addon.text("addonVersion").to_owned();
    let version = call.text("addonVersion").unwrap_or_else(|| current.clone());
    if version != current {
        check_version(call, &known, &version, cluster.text("version"))?;
        check_step(call, &name, &current, &version)?;
    }
    if let Some(role) = call.text("serviceAccountRoleArn") {
        roles::check_role_arn(call, &role)?;
    }
    let values = call.text("configurationValues");
    configuration::check(call, &known, values.as_deref())?;
    let arn = addon.text("addonArn").to_owned();
    let owned = associations::owned(call, &cluster_name, &arn);
    let wanted = wanted(call);
    let after: Vec<(String, String)> = wanted.clone().unwrap_or_else(|| {
        let pair =
            |owned: &Resource| (owned.text("serviceAccount").to_owned(), owned.text("roleArn").to_owned());
        owned.iter().map(|(_, owned)| pair(owned)).collect()
    });
    check_exclusive(call, call.text("serviceAccountRoleArn").is_some(), Some(&after))?;
    if let Some(wanted) = &wanted {
        check_associations(call, &known, &version, wanted)?;
        let namespace = addon.view.get("namespaceConfig").and_then(|config| config.get("namespace"));
        let namespace = namespace.and_then(Value::as_str).unwrap_or(&known.namespace).to_owned();
        replace_associations(call, &cluster_name, &namespace, &arn, &owned, wanted)?;
    }

    let mut params = Vec::new();
    let mut patch = Map::new();
    patch.insert("modifiedAt".into(), seconds(call.now));
    patch.insert("addonVersion".into(), json!(version));
    let named = [
        ("addonVersion", "AddonVersion"),
        ("serviceAccountRoleArn", "ServiceAccountRoleArn"),
        ("resolveConflicts", "ResolveConflicts"),
        ("configurationValues", "ConfigurationValues"),
    ];
    for (member, param) in named {
        if let Some(value) = call.text(member) {
            params.push((param, value));
        }
    }
    if let Some(wanted) = call.input.get("podIdentityAssociations") {
        params.push(("PodIdentityAssociations", wanted.to_string()));
    }
    if let Some(values) = values {
        patch.insert("configurationValues".into(), json!(values));
    }
    // An update that does not name the IRSA role falls back to the node's permissions.
    patch.insert(
        "serviceAccountRoleArn".into(),
        call.text("serviceAccountRoleArn").map_or(Value::Null, Value::String),
    );

    addon.hidden.remove("failed");
    let done = call.after(UPDATE);
    let update = updates::start(call, &cluster_name, Of::Addon(&name), "AddonUpdate", params, done);
    addon.start("UPDATING", done, Some("ACTIVE"), patch);
    let key = call.key(&["addon", &cluster_name, &name]);
    call.save(&key, &addon);
    Ok(wrap("update", update.describe()))
}

fn check_state(cluster: &Resource, addon: &Resource) -> Result<(), AwsError> {
    let (cluster_name, name) = (cluster.text("name"), addon.text("addonName"));
    let text = if !["ACTIVE", "DEGRADED", "UPDATE_FAILED"].contains(&addon.status.as_str()) {
        format!("Addon {name} cannot be updated as it is currently in {} state", addon.status)
    } else if cluster.status != "ACTIVE" {
        format!(
            "Addon {name} cannot be updated because cluster {cluster_name} is currently in {} state",
            cluster.status
        )
    } else {
        return Ok(());
    };
    Err(AwsError::new(IN_USE, text).with("clusterName", cluster_name).with("addonName", name))
}

/// vpc-cni moves one minor version at a time.
fn check_step(call: &Call<'_>, name: &str, from: &str, to: &str) -> Result<(), AwsError> {
    let (from, to) = (catalog::version_parts(from), catalog::version_parts(to));
    if name == "vpc-cni" && (from[0] != to[0] || from[1].abs_diff(to[1]) > 1) {
        let text = "Updating VPC-CNI can only go up or down 1 minor version at a time";
        return Err(refuse(call, name, text.to_owned()));
    }
    Ok(())
}

/// Makes the add-on's associations those of the list. One whose service account stays keeps its id.
fn replace_associations(
    call: &mut Call<'_>,
    cluster: &str,
    namespace: &str,
    addon_arn: &str,
    owned: &[(String, Resource)],
    wanted: &[(String, String)],
) -> Result<(), AwsError> {
    for (key, association) in owned {
        if !wanted.iter().any(|(name, _)| name == association.text("serviceAccount")) {
            call.store.remove(key);
        }
    }
    for (service_account, role) in wanted {
        match owned.iter().find(|(_, owned)| owned.text("serviceAccount") == service_account) {
            Some((key, association)) if association.text("roleArn") != role => {
                let mut association = association.clone();
                association.view.insert("roleArn".into(), json!(role));
                association.view.insert("modifiedAt".into(), seconds(call.now));
                call.save(key, &association);
            }
            Some(_) => {}
            None => {
                associations::make_owned(call, cluster, namespace, service_account, role, addon_arn)?;
            }
        }
    }
    Ok(())
}
