//! Real answers of DescribeAddonVersions and DescribeAddonConfiguration in the catalog's place.
//!
//! What an answer says of a Kubernetes version replaces what the catalog says of it; the rest of the catalog stays.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use super::super::store::{Store, key};
use super::{Addon, AddonVersion, ServiceAccount, get, version_parts};

fn addon_key(name: &str) -> String {
    key(&["catalog", "addon", name])
}

/// The add-on of this name: the imported one, or the catalog's own.
pub(crate) fn addon(store: &Store, name: &str) -> Option<Cow<'static, Addon>> {
    match super::super::call::load::<Addon>(store, &addon_key(name)) {
        Some(imported) => Some(Cow::Owned(imported)),
        None => get().addon(name).map(Cow::Borrowed),
    }
}

/// Every add-on, by name.
pub(crate) fn addons(store: &Store) -> Vec<Cow<'static, Addon>> {
    let imported = store.keys(&key(&["catalog", "addon"]));
    let names: BTreeSet<String> = imported.iter().map(|key| super::super::store::last(key)).collect();
    let own = get().addons.iter().map(|addon| addon.name.clone());
    let names: BTreeSet<String> = own.chain(names).collect();
    names.iter().filter_map(|name| addon(store, name)).collect()
}

/// Takes in an answer. It says how many add-ons it was about.
pub(crate) fn take(store: &mut Store, answer: &Value) -> Result<usize, String> {
    if let Some(list) = answer.get("addons").and_then(Value::as_array) {
        for info in list {
            versions(store, info)?;
        }
        return Ok(list.len());
    }
    if answer.get("configurationSchema").is_some() {
        configuration(store, answer)?;
        return Ok(1);
    }
    Err("neither the output of describe-addon-versions nor of describe-addon-configuration".to_owned())
}

fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}

fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

/// An add-on about which nothing is known yet.
fn blank(name: &str) -> Addon {
    Addon {
        name: name.to_owned(),
        owner: "aws".to_owned(),
        publisher: "eks".to_owned(),
        kind: "infra-management".to_owned(),
        namespace: "kube-system".to_owned(),
        requires_iam: false,
        pod_identity_since: None,
        service_accounts: Vec::new(),
        compute_types: Vec::new(),
        needs_nodes: false,
        schema: None,
        versions: Vec::new(),
    }
}

fn known(store: &Store, name: &str) -> Addon {
    addon(store, name).map_or_else(|| blank(name), Cow::into_owned)
}

fn save(store: &mut Store, addon: &Addon) {
    store.put(addon_key(&addon.name), serde_json::to_value(addon).unwrap_or_default());
}

fn versions(store: &mut Store, info: &Value) -> Result<(), String> {
    let name = text(info, "addonName").ok_or("an add-on without addonName")?;
    let mut addon = known(store, name);
    let set = |field: &mut String, member: &str| {
        if let Some(value) = text(info, member) {
            value.clone_into(field);
        }
    };
    set(&mut addon.owner, "owner");
    set(&mut addon.publisher, "publisher");
    set(&mut addon.kind, "type");
    set(&mut addon.namespace, "defaultNamespace");
    let told: BTreeSet<String> = list(info, "addonVersions")
        .flat_map(|version| list(version, "compatibilities"))
        .filter_map(|compatibility| text(compatibility, "clusterVersion").map(str::to_owned))
        .collect();
    for version in &mut addon.versions {
        version.kubernetes.retain(|kubernetes| !told.contains(kubernetes));
        version.default_for.retain(|kubernetes| !told.contains(kubernetes));
    }
    for version in list(info, "addonVersions") {
        let id = text(version, "addonVersion").ok_or("a version without addonVersion")?;
        if let Some(needed) = version.get("requiresIamPermissions").and_then(Value::as_bool) {
            addon.requires_iam = needed;
        }
        let types: Vec<String> =
            list(version, "computeTypes").filter_map(Value::as_str).map(str::to_owned).collect();
        if !types.is_empty() {
            addon.compute_types = types;
        }
        let at = addon.versions.iter().position(|known| known.version == id).unwrap_or_else(|| {
            let blank =
                AddonVersion { version: id.to_owned(), kubernetes: Vec::new(), default_for: Vec::new() };
            addon.versions.push(blank);
            addon.versions.len() - 1
        });
        for compatibility in list(version, "compatibilities") {
            let Some(kubernetes) = text(compatibility, "clusterVersion") else { continue };
            addon.versions[at].kubernetes.push(kubernetes.to_owned());
            if compatibility.get("defaultVersion") == Some(&Value::Bool(true)) {
                addon.versions[at].default_for.push(kubernetes.to_owned());
            }
        }
    }
    addon.versions.retain(|version| !version.kubernetes.is_empty());
    save(store, &addon);
    Ok(())
}

fn configuration(store: &mut Store, answer: &Value) -> Result<(), String> {
    let name = text(answer, "addonName").ok_or("a configuration without addonName")?;
    let version = text(answer, "addonVersion").ok_or("a configuration without addonVersion")?;
    let schema = text(answer, "configurationSchema").unwrap_or_default();
    let mut addon = known(store, name);
    addon.schema =
        Some(serde_json::from_str(schema).map_err(|error| format!("the configuration schema: {error}"))?);
    let accounts: Vec<ServiceAccount> = list(answer, "podIdentityConfiguration")
        .filter_map(|account| {
            let policies = list(account, "recommendedManagedPolicies").filter_map(Value::as_str);
            Some(ServiceAccount {
                name: text(account, "serviceAccount")?.to_owned(),
                recommended_policies: policies.map(str::to_owned).collect(),
            })
        })
        .collect();
    if !accounts.is_empty() {
        let earlier = addon.pod_identity_since.take();
        let earlier = earlier.filter(|since| version_parts(since) < version_parts(version));
        addon.pod_identity_since = Some(earlier.unwrap_or_else(|| version.to_owned()));
        addon.service_accounts = accounts;
    }
    save(store, &addon);
    Ok(())
}
