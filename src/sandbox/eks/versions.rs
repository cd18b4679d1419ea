//! What is offered: Kubernetes versions, add-on versions, add-on configuration.

use serde_json::{Map, Value, json};

use super::super::call::Call;
use super::super::catalog::{self, Addon};
use super::super::error::{Answer, AwsError};
use super::{NOT_FOUND, invalid};

/// A page of a list that is not stored: the token is the number of items before it.
pub(super) fn paged(call: &Call<'_>, member: &str, items: Vec<Value>) -> Answer {
    let limit = call.number("maxResults").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let start = match call.text("nextToken") {
        None => 0,
        Some(token) => match token.strip_prefix("after-").and_then(|token| token.parse::<usize>().ok()) {
            Some(start) if start <= items.len() => start,
            _ => return Err(invalid(call, "The nextToken is not valid")),
        },
    };
    let mut answer = Map::new();
    if start + limit < items.len() {
        answer.insert("nextToken".into(), json!(format!("after-{}", start + limit)));
    }
    let page: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    answer.insert(member.to_owned(), Value::Array(page));
    Ok(Value::Object(answer))
}

pub(super) fn cluster_versions(call: &mut Call<'_>) -> Answer {
    let lists = |member: &str| -> Option<Vec<String>> {
        let list = call.input.get(member)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let wanted = lists("clusterVersions");
    let status = call
        .text("versionStatus")
        .or_else(|| call.text("status").map(|status| status.to_ascii_uppercase().replace('-', "_")));
    if let Some(kind) = call.text("clusterType")
        && kind != "eks"
    {
        return Err(invalid(call, format!("The cluster type {kind} is not supported")));
    }
    let versions = catalog::get().kubernetes.iter().rev().filter(|version| {
        wanted.as_ref().is_none_or(|wanted| wanted.contains(&version.version))
            && status.as_ref().is_none_or(|status| *status == version.status)
            && (call.flag("defaultOnly") != Some(true) || version.default)
    });
    let items = versions.map(|version| {
        json!({
            "clusterVersion": version.version,
            "clusterType": "eks",
            "defaultPlatformVersion": version.platform,
            "defaultVersion": version.default,
            "releaseDate": version.released,
            "endOfStandardSupportDate": version.standard_support_until,
            "endOfExtendedSupportDate": version.extended_support_until,
            "status": version.status.to_ascii_lowercase().replace('_', "-"),
            "versionStatus": version.status,
            "kubernetesPatchVersion": version.patch,
        })
    });
    paged(call, "clusterVersions", items.collect())
}

pub(super) fn addon_versions(call: &mut Call<'_>) -> Answer {
    let kubernetes = call.text("kubernetesVersion");
    if let Some(version) = &kubernetes
        && !catalog::get().kubernetes.iter().any(|known| known.version == *version)
    {
        return Err(invalid(call, format!("Kubernetes version {version} is not supported")));
    }
    let fits = |member: &str, found: &str| {
        let wanted = call.input.get(member).and_then(Value::as_array);
        wanted.is_none_or(|wanted| wanted.is_empty() || wanted.iter().any(|one| one == found))
    };
    let name = call.text("addonName");
    let addons = catalog::addons(call.store).into_iter().filter(|addon| {
        name.as_ref().is_none_or(|name| *name == addon.name)
            && fits("types", &addon.kind)
            && fits("publishers", &addon.publisher)
            && fits("owners", &addon.owner)
    });
    let items: Vec<Value> = addons.filter_map(|addon| addon_info(&addon, kubernetes.as_deref())).collect();
    paged(call, "addons", items)
}

fn addon_info(addon: &Addon, kubernetes: Option<&str>) -> Option<Value> {
    let mut versions: Vec<_> = addon.versions.iter().collect();
    versions.sort_by_key(|version| std::cmp::Reverse(catalog::version_parts(&version.version)));
    let versions: Vec<Value> = versions
        .into_iter()
        .filter(|version| kubernetes.is_none_or(|kubernetes| version.offered_for(kubernetes)))
        .map(|version| {
            let offered =
                version.kubernetes.iter().filter(|known| kubernetes.is_none_or(|wanted| wanted == **known));
            let compatibilities: Vec<Value> = offered
                .map(|known| {
                    let default = version.is_default_for(known);
                    json!({"clusterVersion": known, "platformVersions": ["*"], "defaultVersion": default})
                })
                .collect();
            json!({
                "addonVersion": version.version,
                "architecture": ["amd64", "arm64"],
                "computeTypes": addon.compute_types,
                "compatibilities": compatibilities,
                "requiresConfiguration": false,
                "requiresIamPermissions": addon.requires_iam,
            })
        })
        .collect();
    let info = json!({
        "addonName": addon.name,
        "type": addon.kind,
        "publisher": addon.publisher,
        "owner": addon.owner,
        "defaultNamespace": addon.namespace,
        "addonVersions": versions,
    });
    (!versions.is_empty()).then_some(info)
}

pub(super) fn addon_configuration(call: &mut Call<'_>) -> Answer {
    let (name, version) = (call.required("addonName"), call.required("addonVersion"));
    let Some(addon) = catalog::addon(call.store, &name) else {
        let text = format!("Addon {name} is not supported");
        return Err(AwsError::new(NOT_FOUND, text).with("addonName", &name));
    };
    if !addon.versions.iter().any(|known| known.version == version) {
        return Err(invalid(call, "Addon version specified is not supported").with("addonName", &name));
    }
    let schema = addon.schema.clone().unwrap_or_else(|| {
        json!({"$schema": "http://json-schema.org/draft-06/schema#", "type": "object", "additionalProperties": true})
    });
    let mut answer = json!({
        "addonName": name,
        "addonVersion": version,
        "configurationSchema": schema.to_string(),
    });
    if addon.supports_pod_identity(&version) {
        let accounts = addon.service_accounts.iter().map(|account| {
            let policies = account.recommended_policies.iter().map(|arn| arn.replace("arn:aws:", &format!("arn:{}:", call.partition)));
            json!({"serviceAccount": account.name, "recommendedManagedPolicies": policies.collect::<Vec<_>>()})
        });
        answer["podIdentityConfiguration"] = Value::Array(accounts.collect());
    }
    Ok(answer)
}

pub(super) fn access_policies(call: &mut Call<'_>) -> Answer {
    let policies = catalog::get().access_policies.iter().map(|name| {
        json!({"name": name, "arn": format!("arn:{}:eks::aws:cluster-access-policy/{name}", call.partition)})
    });
    paged(call, "accessPolicies", policies.collect())
}
