//! Insights: what stands in the way of the next Kubernetes version. The add-ons are really looked at; the other
//! insights are about workloads, of which the sandbox has none, and pass.

use serde_json::{Value, json};

use super::super::call::{Call, seconds, uuid_of};
use super::super::catalog;
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::cluster_config::texts;
use super::{NOT_FOUND, cluster};

/// Seconds that AWS takes.
const REFRESH: f64 = 60.0;

struct Insight {
    name: String,
    category: &'static str,
    description: &'static str,
    recommendation: &'static str,
    status: &'static str,
    reason: String,
    addons: Vec<Value>,
}

/// The Kubernetes version after a cluster's.
fn next_version(cluster: &Resource) -> String {
    let versions = &catalog::get().kubernetes;
    let at = versions.iter().position(|known| known.version == cluster.text("version"));
    let next = at.and_then(|at| versions.get(at + 1));
    next.map_or_else(|| cluster.text("version").to_owned(), |next| next.version.clone())
}

/// The installed add-ons whose version is not offered for a Kubernetes version, with those that are.
fn incompatible(call: &Call<'_>, cluster: &str, kubernetes: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for (_, document) in call.store.range(&call.key(&["addon", cluster]), None) {
        let view = &document["view"];
        let name = view["addonName"].as_str().unwrap_or_default();
        let Some(addon) = catalog::addon(call.store, name) else {
            continue;
        };
        let offered: Vec<&str> = addon
            .versions
            .iter()
            .filter(|version| version.offered_for(kubernetes))
            .map(|version| version.version.as_str())
            .collect();
        if !offered.iter().any(|version| view["addonVersion"] == **version) {
            found.push(json!({"name": name, "compatibleVersions": offered}));
        }
    }
    found
}

fn insights(call: &Call<'_>, cluster: &Resource) -> Vec<(String, Insight)> {
    let next = next_version(cluster);
    let addons = incompatible(call, cluster.text("name"), &next);
    let passing = |name: &str, category, description, reason: &str| Insight {
        name: name.to_owned(),
        category,
        description,
        recommendation: "No action is needed.",
        status: "PASSING",
        reason: reason.to_owned(),
        addons: Vec::new(),
    };
    let all = vec![
        passing(
            &format!("Deprecated APIs removed in Kubernetes v{next}"),
            "UPGRADE_READINESS",
            "Checks for usage of deprecated APIs that are scheduled for removal in the next Kubernetes version.",
            "No deprecated API usage detected within the last 30 days.",
        ),
        Insight {
            status: if addons.is_empty() { "PASSING" } else { "ERROR" },
            reason: if addons.is_empty() {
                "All installed EKS add-on versions are compatible with next Kubernetes version.".to_owned()
            } else {
                "Installed EKS add-on versions are not compatible with next Kubernetes version.".to_owned()
            },
            recommendation: "Upgrade the add-ons to a version that supports the next Kubernetes version.",
            addons,
            ..passing(
                "EKS add-on version compatibility",
                "UPGRADE_READINESS",
                "Checks version of installed EKS add-ons to ensure they are compatible with the next version of Kubernetes.",
                "",
            )
        },
        passing(
            "Kubelet version skew",
            "UPGRADE_READINESS",
            "Checks for kubelet minor version of worker nodes in the cluster to see if upgrade would cause non \
             compliance with supported Kubernetes kubelet version skew policy.",
            "Node kubelet versions match the cluster control plane version.",
        ),
        passing(
            "kube-proxy version skew",
            "UPGRADE_READINESS",
            "Checks version of kube-proxy in cluster to see if upgrade would cause non compliance with supported \
             Kubernetes kube-proxy version skew policy.",
            "kube-proxy versions match the cluster control plane version.",
        ),
        passing(
            "Cluster health issues",
            "UPGRADE_READINESS",
            "Checks for any cluster health issues that prevent successful upgrade to the next Kubernetes version on EKS.",
            "No cluster health issues detected.",
        ),
    ];
    let id = |insight: &Insight| uuid_of(&format!("{} {}", cluster.text("arn"), insight.name));
    all.into_iter().map(|insight| (id(&insight), insight)).collect()
}

fn summary(call: &Call<'_>, cluster: &Resource, id: &str, insight: &Insight) -> Value {
    let created = cluster.view.get("createdAt").cloned().unwrap_or_else(|| seconds(call.now));
    json!({
        "id": id, "name": insight.name, "category": insight.category, "kubernetesVersion": next_version(cluster),
        "lastRefreshTime": created, "lastTransitionTime": created, "description": insight.description,
        "insightStatus": {"status": insight.status, "reason": insight.reason},
    })
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call, "clusterName")?;
    let filter = call.input.get("filter").cloned().unwrap_or_default();
    let fits = |member: &str, found: &str| {
        let wanted = texts(filter.get(member));
        wanted.is_empty() || wanted.contains(&found)
    };
    let next = next_version(&cluster);
    let items = insights(call, &cluster)
        .iter()
        .filter(|(_, insight)| {
            fits("categories", insight.category)
                && fits("statuses", insight.status)
                && fits("kubernetesVersions", &next)
        })
        .map(|(id, insight)| summary(call, &cluster, id, insight))
        .collect();
    super::versions::paged(call, "insights", items)
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call, "clusterName")?;
    let wanted = call.required("id");
    let found = insights(call, &cluster).into_iter().find(|(id, _)| *id == wanted);
    let Some((id, insight)) = found else {
        let error = AwsError::new(NOT_FOUND, format!("No insight found for ID: {wanted}"));
        return Err(error.with("clusterName", cluster.text("name")));
    };
    let mut view = summary(call, &cluster, &id, &insight);
    view["recommendation"] = json!(insight.recommendation);
    view["additionalInfo"] = json!({});
    view["resources"] = json!([]);
    view["categorySpecificSummary"] = json!({
        "deprecationDetails": [],
        "addonCompatibilityDetails": insight.addons,
    });
    Ok(json!({"insight": view}))
}

pub(super) fn start_refresh(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call, "clusterName")?;
    let mut refresh = Resource::default();
    refresh.view.insert("startedAt".into(), seconds(call.now));
    let done = call.after(REFRESH);
    let patch = serde_json::Map::from_iter([("endedAt".to_owned(), seconds(done))]);
    refresh.start("IN_PROGRESS", done, Some("COMPLETED"), patch);
    let key = call.key(&["insight", cluster.text("name"), "refresh"]);
    call.save(&key, &refresh);
    Ok(json!({"message": "Insights refresh is in progress", "status": "IN_PROGRESS"}))
}

pub(super) fn describe_refresh(call: &mut Call<'_>) -> Answer {
    let cluster = cluster(call, "clusterName")?;
    let key = call.key(&["insight", cluster.text("name"), "refresh"]);
    let refresh: Resource = call.load(&key).ok_or_else(|| {
        let error = AwsError::new(NOT_FOUND, "No insights refresh was started for the cluster");
        error.with("clusterName", cluster.text("name"))
    })?;
    let mut view = refresh.describe();
    let done = refresh.status == "COMPLETED";
    view["message"] = json!(if done {
        "Insights refresh completed successfully"
    } else {
        "Insights refresh is in progress"
    });
    Ok(view)
}
