//! Add-ons: create, describe, list, delete.

use serde_json::{Map, Value, json};

use super::super::call::{Call, seconds, uuid_of};
use super::super::catalog::{self, Addon};
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::{IN_USE, INVALID_REQUEST, NOT_FOUND, active_cluster, associations, cluster, configuration};
use super::{idempotency, invalid, list_members, roles, wrap};

/// Seconds that AWS takes.
const CREATE: f64 = 40.0;
const DELETE: f64 = 20.0;

/// The service account and role of each association in a request's list.
pub(super) type Wanted = Vec<(String, String)>;

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if let Some(made) = idempotency::replayed(call)? {
        return Ok(wrap("addon", view(call, &made)));
    }
    let cluster = active_cluster(call, "clusterName")?;
    let (cluster_name, name) = (cluster.text("name").to_owned(), call.required("addonName"));
    let kubernetes = cluster.text("version").to_owned();
    let Some(addon) = catalog::addon(call.store, &name) else {
        return Err(refuse(call, &name, "Addon specified is not supported".to_owned()));
    };
    if !addon.versions.iter().any(|version| version.offered_for(&kubernetes)) {
        let text = format!("Addon {name} specified is not supported in {kubernetes} kubernetes version");
        return Err(refuse(call, &name, text));
    }
    let key = call.key(&["addon", &cluster_name, &name]);
    if call.store.get(&key).is_some() {
        let error = AwsError::new(IN_USE, "Addon already exists.");
        return Err(error.with("clusterName", &cluster_name).with("addonName", &name));
    }
    let version = match call.text("addonVersion") {
        Some(version) => version,
        None => addon.default_for(&kubernetes).map_or_else(String::new, |version| version.version.clone()),
    };
    check_version(call, &addon, &version, &kubernetes)?;
    if call.text("resolveConflicts").as_deref() == Some("PRESERVE") {
        let text = "The PRESERVE option for resolveConflicts is only supported when an addon is updated";
        return Err(refuse(call, &name, text.to_owned()));
    }
    if let Some(role) = call.text("serviceAccountRoleArn") {
        roles::check_role_arn(call, &role)?;
    }
    let values = call.text("configurationValues");
    configuration::check(call, &addon, values.as_deref())?;
    let namespace = namespace(call, &addon)?;
    let wanted = wanted(call);
    check_exclusive(call, call.text("serviceAccountRoleArn").is_some(), wanted.as_deref())?;
    if let Some(wanted) = &wanted {
        check_associations(call, &addon, &version, wanted)?;
    }

    let seed = call.seed(&key);
    let addon_arn = super::arn(call, &format!("addon/{cluster_name}/{name}/{}", uuid_of(&seed)));
    let mut made = Resource::default();
    let mut put = |member: &str, value: Value| made.view.insert(member.to_owned(), value);
    put("addonName", json!(name));
    put("clusterName", json!(cluster_name));
    put("addonVersion", json!(version));
    put("addonArn", json!(addon_arn));
    put("createdAt", seconds(call.now));
    put("modifiedAt", seconds(call.now));
    put("tags", call.input.get("tags").cloned().unwrap_or_else(|| json!({})));
    put("publisher", json!(addon.publisher));
    put("owner", json!(addon.owner));
    put("namespaceConfig", json!({"namespace": namespace}));
    for member in ["serviceAccountRoleArn", "configurationValues"] {
        if let Some(value) = call.input.get(member) {
            put(member, value.clone());
        }
    }
    made.hidden.insert("generation".into(), json!(seed));
    let done = call.after(CREATE);
    made.start("CREATING", done, Some("ACTIVE"), Map::new());
    for (service_account, role) in wanted.unwrap_or_default() {
        associations::make_owned(call, &cluster_name, &namespace, &service_account, &role, &addon_arn)?;
    }
    call.save(&key, &made);
    idempotency::remember(call, &key, &seed);
    Ok(wrap("addon", view(call, &made)))
}

/// An invalid parameter of an add-on operation.
pub(super) fn refuse(call: &Call<'_>, addon: &str, text: String) -> AwsError {
    invalid(call, text).with("addonName", addon)
}

fn namespace(call: &Call<'_>, addon: &Addon) -> Result<String, AwsError> {
    let asked =
        call.input.get("namespaceConfig").and_then(|config| config.get("namespace")).and_then(Value::as_str);
    match asked {
        Some(asked) if !associations::label_valid(asked) => {
            Err(refuse(call, &addon.name, format!("The namespace {asked} is not valid")))
        }
        Some(asked) => Ok(asked.to_owned()),
        None => Ok(addon.namespace.clone()),
    }
}

/// That a version is offered for a Kubernetes version.
pub(super) fn check_version(
    call: &Call<'_>,
    addon: &Addon,
    version: &str,
    kubernetes: &str,
) -> Result<(), AwsError> {
    let offered =
        addon.versions.iter().any(|known| known.version == version && known.offered_for(kubernetes));
    if offered {
        Ok(())
    } else {
        Err(refuse(call, &addon.name, "Addon version specified is not supported".to_owned()))
    }
}

/// The request's `podIdentityAssociations`; none if it has none.
pub(super) fn wanted(call: &Call<'_>) -> Option<Wanted> {
    let list = call.input.get("podIdentityAssociations")?.as_array()?;
    let text =
        |item: &Value, member: &str| item.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(list.iter().map(|item| (text(item, "serviceAccount"), text(item, "roleArn"))).collect())
}

/// IRSA and Pod Identity exclude each other.
pub(super) fn check_exclusive(
    call: &Call<'_>,
    irsa: bool,
    wanted: Option<&[(String, String)]>,
) -> Result<(), AwsError> {
    if irsa && wanted.is_some_and(|wanted| !wanted.is_empty()) {
        let text = "Only one of serviceAccountRoleArn and podIdentityAssociations can be specified";
        return Err(refuse(call, &call.required("addonName"), text.to_owned()));
    }
    Ok(())
}

/// What can be said of a list of associations before looking at those that exist.
pub(super) fn check_associations(
    call: &Call<'_>,
    addon: &Addon,
    version: &str,
    wanted: &[(String, String)],
) -> Result<(), AwsError> {
    if wanted.is_empty() {
        return Ok(());
    }
    if !addon.supports_pod_identity(version) {
        let text = "Pod Identity feature is not supported for addon version";
        return Err(refuse(call, &addon.name, text.to_owned()));
    }
    for (index, (service_account, role)) in wanted.iter().enumerate() {
        if !addon.service_accounts.iter().any(|known| known.name == *service_account) {
            let text =
                format!("Service account {service_account} in pod identity configuration is not supported");
            return Err(refuse(call, &addon.name, text));
        }
        if wanted[..index].iter().any(|(other, _)| other == service_account) {
            let text =
                format!("Service account {service_account} in pod identity configuration is duplicated");
            return Err(refuse(call, &addon.name, text));
        }
        roles::check_pod_identity_role(call, role)?;
    }
    Ok(())
}

/// The add-on's stored document.
pub(super) fn load(call: &Call<'_>) -> Result<(Resource, Resource), AwsError> {
    let cluster = cluster(call, "clusterName")?;
    let name = call.required("addonName");
    let addon = call.load::<Resource>(&call.key(&["addon", cluster.text("name"), &name]));
    let addon = addon.ok_or_else(|| {
        let text = format!("No addon: {name} found in cluster: {}", cluster.text("name"));
        AwsError::new(NOT_FOUND, text).with("clusterName", cluster.text("name")).with("addonName", &name)
    })?;
    Ok((cluster, addon))
}

/// The add-on as AWS describes it: with its associations, and its health as its compute allows.
pub(super) fn view(call: &Call<'_>, addon: &Resource) -> Value {
    let mut view = addon.view.clone();
    let (cluster, name) = (addon.text("clusterName"), addon.text("addonName"));
    let owned = associations::owned(call, cluster, addon.text("addonArn"));
    let arns: Vec<&str> = owned.iter().map(|(_, association)| association.text("associationArn")).collect();
    if !arns.is_empty() {
        view.insert("podIdentityAssociations".into(), json!(arns));
    }
    let needs_nodes = catalog::addon(call.store, name).is_some_and(|addon| addon.needs_nodes);
    let mut status = addon.status.as_str();
    // Only a fault makes an add-on fail; its issues show once it has.
    let failed = addon.hidden.get("failed").filter(|_| status.ends_with("_FAILED"));
    let mut issues = failed.cloned().unwrap_or_else(|| json!([]));
    if status == "ACTIVE" && needs_nodes && !has_compute(call, cluster) {
        status = "DEGRADED";
        issues = json!([{
            "code": "InsufficientNumberOfReplicas",
            "message": "The add-on is unhealthy because it doesn't have the desired number of replicas.",
            "resourceIds": [],
        }]);
    }
    view.insert("health".into(), json!({"issues": issues}));
    view.insert("status".into(), json!(status));
    Value::Object(view)
}

/// Whether pods can run: a node group, a Fargate profile or Auto Mode.
fn has_compute(call: &Call<'_>, cluster: &str) -> bool {
    let auto_mode = call.load::<Resource>(&call.key(&["cluster", cluster])).is_some_and(|cluster| {
        let compute = cluster.view.get("computeConfig");
        compute.and_then(|compute| compute.get("enabled")) == Some(&Value::Bool(true))
            && compute
                .and_then(|compute| compute.get("nodePools"))
                .and_then(Value::as_array)
                .is_some_and(|p| !p.is_empty())
    });
    let running = |kind: &str| {
        let up = ["ACTIVE", "UPDATING", "DEGRADED"].map(Value::from);
        let mut members = call.store.range(&call.key(&[kind, cluster]), None);
        members.any(|(_, member)| member.get("status").is_some_and(|status| up.contains(status)))
    };
    auto_mode || running("nodegroup") || running("fargate-profile")
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let (_, addon) = load(call)?;
    Ok(wrap("addon", view(call, &addon)))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    list_members(call, "addon", "addonName", "addons")
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (cluster, mut addon) = load(call)?;
    let name = addon.text("addonName").to_owned();
    if ["DELETING", "UPDATING"].contains(&addon.status.as_str()) {
        let text = format!("Addon {name} cannot be deleted as it is currently in {} state", addon.status);
        let error = AwsError::new(INVALID_REQUEST, text);
        return Err(error.with("clusterName", cluster.text("name")).with("addonName", &name));
    }
    if call.flag("preserve") == Some(true) {
        addon.hidden.insert("preserve".into(), Value::Bool(true));
    }
    let done = call.after(DELETE);
    addon.start("DELETING", done, None, Map::new());
    let key = call.key(&["addon", cluster.text("name"), &name]);
    call.save(&key, &addon);
    Ok(wrap("addon", view(call, &addon)))
}
