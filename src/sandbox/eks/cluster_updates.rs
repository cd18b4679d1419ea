//! Changes of a running cluster: one update at a time, and of one group of settings.

use serde_json::{Map, Value, json};

use super::super::call::Call;
use super::super::catalog;
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::cluster_config::{auto_mode, check_encryption, check_endpoint, check_vpc_ids, logging, texts};
use super::updates::{self, Of};
use super::{IN_USE, access_entries, cluster, idempotency, invalid, wrap};

/// Seconds that AWS takes.
const VERSION_UPDATE: f64 = 600.0;
const CONFIG_UPDATE: f64 = 120.0;
const ENCRYPTION: f64 = 300.0;

/// The refusal of a second update while one runs.
fn check_idle(call: &Call<'_>, cluster: &Resource, kind: &str) -> Result<(), AwsError> {
    let name = cluster.text("name");
    let text = match cluster.status.as_str() {
        "ACTIVE" => return Ok(()),
        "UPDATING" => {
            let update = cluster.hidden.get("update").and_then(Value::as_str).unwrap_or_default();
            format!("Cannot {kind} because cluster {name} currently has update {update} in progress")
        }
        status => format!("Cannot {kind} because cluster {name} is currently in {status} status"),
    };
    Err(AwsError::new(call.declared(&[IN_USE]), text).with("clusterName", name))
}

fn begin(
    call: &mut Call<'_>,
    mut cluster: Resource,
    kind: &str,
    params: Vec<(&str, String)>,
    patch: Map<String, Value>,
    duration: f64,
) -> Value {
    let name = cluster.text("name").to_owned();
    let done = call.after(duration);
    let update = updates::start(call, &name, Of::Cluster, kind, params, done);
    cluster.hidden.insert("update".into(), Value::String(update.text("id").to_owned()));
    cluster.start("UPDATING", done, Some("ACTIVE"), patch);
    let key = call.key(&["cluster", &name]);
    call.save(&key, &cluster);
    wrap("update", update.describe())
}

pub(super) fn update_version(call: &mut Call<'_>) -> Answer {
    if let Some(update) = idempotency::replayed(call)? {
        return Ok(wrap("update", update.describe()));
    }
    let cluster = cluster(call, "name")?;
    check_idle(call, &cluster, "VersionUpdate")?;
    let (from, to) = (cluster.text("version").to_owned(), call.required("version"));
    let versions = &catalog::get().kubernetes;
    let Some(target) = versions.iter().find(|known| known.version == to) else {
        return Err(invalid(call, "unsupported Kubernetes version"));
    };
    let minor = |version: &str| version.split_once('.').and_then(|(_, minor)| minor.parse::<i64>().ok());
    if minor(&to) != minor(&from).map(|minor| minor + 1) {
        return Err(invalid(
            call,
            format!("Unsupported Kubernetes minor version update from {from} to {to}"),
        ));
    }
    let mut patch = Map::new();
    patch.insert("version".into(), json!(to));
    patch.insert("platformVersion".into(), json!(target.platform));
    let params = vec![("Version", to.clone()), ("PlatformVersion", target.platform.clone())];
    Ok(begin(call, cluster, "VersionUpdate", params, patch, VERSION_UPDATE))
}

pub(super) fn associate_encryption(call: &mut Call<'_>) -> Answer {
    if let Some(update) = idempotency::replayed(call)? {
        return Ok(wrap("update", update.describe()));
    }
    let cluster = cluster(call, "clusterName")?;
    check_idle(call, &cluster, "AssociateEncryptionConfig")?;
    let config = call.input.get("encryptionConfig").cloned().unwrap_or_default();
    check_encryption(call, &config)?;
    if config.as_array().is_none_or(Vec::is_empty) {
        return Err(invalid(call, "encryptionConfig must not be empty"));
    }
    if cluster.view.contains_key("encryptionConfig") {
        return Err(invalid(call, "Encryption is already enabled on the cluster"));
    }
    let mut patch = Map::new();
    patch.insert("encryptionConfig".into(), config.clone());
    let params = vec![("EncryptionConfig", config.to_string())];
    Ok(begin(call, cluster, "AssociateEncryptionConfig", params, patch, ENCRYPTION))
}

/// A change of one group: the update's type, its parameters, what changes in the view.
type Group = (&'static str, Vec<(&'static str, String)>, Map<String, Value>);

pub(super) fn update_config(call: &mut Call<'_>) -> Answer {
    if let Some(update) = idempotency::replayed(call)? {
        return Ok(wrap("update", update.describe()));
    }
    let cluster = cluster(call, "name")?;
    let mut groups = groups(call, &cluster)?;
    let Some((kind, params, patch)) = groups.pop() else {
        return Err(invalid(call, "The type for cluster update was not provided."));
    };
    if !groups.is_empty() {
        return Err(invalid(call, "Only one type of update can be allowed."));
    }
    check_idle(call, &cluster, kind)?;
    if kind == "AccessConfigUpdate" {
        check_access_mode(call, &cluster, &patch)?;
    }
    if patch.iter().all(|(member, value)| cluster.view.get(member) == Some(value)) {
        return Err(invalid(call, already(&cluster, kind)));
    }
    if kind == "AccessConfigUpdate" {
        access_entries::of_creator(call, &cluster);
    }
    Ok(begin(call, cluster, kind, params, patch, CONFIG_UPDATE))
}

fn already(cluster: &Resource, kind: &str) -> String {
    let text = "Cluster is already at the desired configuration";
    if kind != "EndpointAccessUpdate" {
        return text.to_owned();
    }
    let vpc = cluster.view.get("resourcesVpcConfig").cloned().unwrap_or_default();
    let shown = |member: &str| vpc.get(member).cloned().unwrap_or_default().to_string();
    format!(
        "{text} with endpointPrivateAccess: {} , endpointPublicAccess: {}, and Public Endpoint Restrictions: [{}]",
        shown("endpointPrivateAccess"),
        shown("endpointPublicAccess"),
        texts(vpc.get("publicAccessCidrs")).join(", ")
    )
}

fn check_access_mode(
    call: &Call<'_>,
    cluster: &Resource,
    patch: &Map<String, Value>,
) -> Result<(), AwsError> {
    let mode = |view: &Map<String, Value>| {
        let config = view.get("accessConfig").and_then(|config| config.get("authenticationMode"));
        config.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (from, to) = (mode(&cluster.view), mode(patch));
    match (from.as_str(), to.as_str()) {
        ("CONFIG_MAP", "API_AND_CONFIG_MAP") | ("API_AND_CONFIG_MAP", "API") => Ok(()),
        _ => Err(invalid(call, format!("Unsupported authentication mode update from {from} to {to}"))),
    }
}

fn groups(call: &Call<'_>, cluster: &Resource) -> Result<Vec<Group>, AwsError> {
    let mut groups: Vec<Group> = Vec::new();
    let one = |member: &str, value: Value| Map::from_iter([(member.to_owned(), value)]);
    if let Some(request) = call.input.get("resourcesVpcConfig") {
        vpc_groups(call, cluster, request, &mut groups)?;
    }
    if let Some(request) = call.input.get("logging") {
        let after = logging(cluster.view.get("logging"), Some(request));
        groups.push(("LoggingUpdate", vec![("ClusterLogging", request.to_string())], one("logging", after)));
    }
    if let Some(mode) = call.input.get("accessConfig").and_then(|config| config.get("authenticationMode")) {
        let patch = one("accessConfig", json!({"authenticationMode": mode}));
        groups.push(("AccessConfigUpdate", vec![("AuthenticationMode", shown(mode))], patch));
    }
    if let Some(policy) = call.input.get("upgradePolicy") {
        let params = vec![("UpgradePolicy", policy.to_string())];
        groups.push(("UpgradePolicyUpdate", params, one("upgradePolicy", policy.clone())));
    }
    if let Some(config) = call.input.get("zonalShiftConfig") {
        let params = vec![("ZonalShiftConfig", config.to_string())];
        groups.push(("ZonalShiftConfigUpdate", params, one("zonalShiftConfig", config.clone())));
    }
    if ["computeConfig", "kubernetesNetworkConfig", "storageConfig"]
        .iter()
        .any(|name| call.input.contains_key(*name))
    {
        groups.push(auto_mode_group(call, cluster)?);
    }
    if let Some(config) = call.input.get("remoteNetworkConfig") {
        let params = vec![("RemoteNetworkConfig", config.to_string())];
        groups.push(("RemoteNetworkConfigUpdate", params, one("remoteNetworkConfig", config.clone())));
    }
    if let Some(on) = call.input.get("deletionProtection") {
        let params = vec![("DeletionProtection", on.to_string())];
        groups.push(("DeletionProtectionUpdate", params, one("deletionProtection", on.clone())));
    }
    if let Some(config) = call.input.get("controlPlaneScalingConfig") {
        let tier = |config: Option<&Value>| {
            config.and_then(|config| config.get("tier")).map_or_else(String::new, shown)
        };
        let before = tier(cluster.view.get("controlPlaneScalingConfig"));
        let params = vec![("UpdatedTier", tier(Some(config))), ("PreviousTier", before)];
        groups.push((
            "ControlPlaneScalingConfigUpdate",
            params,
            one("controlPlaneScalingConfig", config.clone()),
        ));
    }
    Ok(groups)
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn vpc_groups(
    call: &Call<'_>,
    cluster: &Resource,
    request: &Value,
    groups: &mut Vec<Group>,
) -> Result<(), AwsError> {
    let before = cluster.view.get("resourcesVpcConfig").cloned().unwrap_or_default();
    let mut change = |kind, members: [(&'static str, &'static str); 3]| {
        let mut after = before.clone();
        let mut params = Vec::new();
        for (member, param) in members {
            if let Some(value) = request.get(member) {
                after[member] = value.clone();
                params.push((param, shown(value)));
            }
        }
        if !params.is_empty() {
            let patch = Map::from_iter([("resourcesVpcConfig".to_owned(), after)]);
            groups.push((kind, params, patch));
        }
    };
    change(
        "EndpointAccessUpdate",
        [
            ("endpointPublicAccess", "EndpointPublicAccess"),
            ("endpointPrivateAccess", "EndpointPrivateAccess"),
            ("publicAccessCidrs", "PublicAccessCidrs"),
        ],
    );
    change("VpcConfigUpdate", [("subnetIds", "Subnets"), ("securityGroupIds", "SecurityGroups"), ("", "")]);
    check_vpc_ids(call, request)?;
    if let Some((_, _, patch)) = groups.iter().find(|(kind, ..)| *kind == "EndpointAccessUpdate") {
        let after = &patch["resourcesVpcConfig"];
        let on = |member: &str| after.get(member).and_then(Value::as_bool).unwrap_or(false);
        check_endpoint(
            call,
            on("endpointPublicAccess"),
            on("endpointPrivateAccess"),
            &texts(after.get("publicAccessCidrs")),
        )?;
    }
    Ok(())
}

fn auto_mode_group(call: &Call<'_>, cluster: &Resource) -> Result<Group, AwsError> {
    auto_mode(call)?;
    let mut patch = Map::new();
    let mut params = Vec::new();
    for (member, param) in [("computeConfig", "ComputeConfig"), ("storageConfig", "StorageConfig")] {
        if let Some(value) = call.input.get(member) {
            patch.insert(member.to_owned(), value.clone());
            params.push((param, value.to_string()));
        }
    }
    if let Some(request) = call.input.get("kubernetesNetworkConfig") {
        if request.get("serviceIpv4Cidr").is_some() || request.get("ipFamily").is_some() {
            return Err(invalid(
                call,
                "serviceIpv4Cidr and ipFamily cannot be changed after the cluster is created",
            ));
        }
        let mut network = cluster.view.get("kubernetesNetworkConfig").cloned().unwrap_or_default();
        if let Some(balancing) = request.get("elasticLoadBalancing") {
            network["elasticLoadBalancing"] = balancing.clone();
        }
        patch.insert("kubernetesNetworkConfig".to_owned(), network);
        params.push(("KubernetesNetworkConfig", request.to_string()));
    }
    Ok(("AutoModeUpdate", params, patch))
}
