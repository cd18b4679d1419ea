//! A cluster's configuration: what CreateCluster accepts and what UpdateClusterConfig changes, one group at a time.

use serde_json::{Map, Value, json};

use super::super::call::{Arn, Call};
use super::super::catalog;
use super::super::error::{Answer, AwsError};
use super::super::resource::Resource;
use super::clusters::ec2_id;
use super::updates::{self, Of};
use super::{IN_USE, cluster, idempotency, invalid, wrap};

/// Seconds that AWS takes.
const VERSION_UPDATE: f64 = 600.0;
const CONFIG_UPDATE: f64 = 120.0;
const ENCRYPTION: f64 = 300.0;

const LOG_TYPES: [&str; 5] = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

fn texts(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// `subnet-` or `sg-` and 8 or 17 hexadecimal digits.
fn ec2_id_valid(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| {
        (8..=17).contains(&rest.len()) && rest.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    })
}

fn check_vpc_ids(call: &Call<'_>, vpc: &Value) -> Result<(), AwsError> {
    let subnets = texts(vpc.get("subnetIds"));
    for subnet in &subnets {
        if !ec2_id_valid(subnet, "subnet-") {
            return Err(invalid(call, format!("The subnet ID '{subnet}' does not exist")));
        }
    }
    let mut distinct = subnets.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if vpc.get("subnetIds").is_some() && distinct.len() < 2 {
        return Err(invalid(call, "Subnets specified must be in at least two different AZs"));
    }
    if distinct.len() != subnets.len() {
        return Err(invalid(call, "Subnet IDs must be unique"));
    }
    let groups = texts(vpc.get("securityGroupIds"));
    if groups.len() > 5 {
        return Err(invalid(call, "At most 5 security groups can be specified"));
    }
    for group in groups {
        if !ec2_id_valid(group, "sg-") {
            return Err(invalid(call, format!("The security group '{group}' does not exist")));
        }
    }
    Ok(())
}

fn check_endpoint(call: &Call<'_>, public: bool, private: bool, cidrs: &[&str]) -> Result<(), AwsError> {
    if !public && !private {
        return Err(invalid(call, "Private and public endpoint access cannot be false"));
    }
    for cidr in cidrs {
        let (address, length) = cidr.split_once('/').unwrap_or((cidr, ""));
        let most = match address.parse::<std::net::IpAddr>() {
            Ok(std::net::IpAddr::V4(_)) => 32,
            Ok(std::net::IpAddr::V6(_)) => 128,
            Err(_) => 0,
        };
        if most == 0 || !length.parse::<u8>().is_ok_and(|length| length <= most) {
            return Err(invalid(
                call,
                format!("The following CIDRs are invalid in publicAccessCidrs: [{cidr}]"),
            ));
        }
    }
    Ok(())
}

/// `resourcesVpcConfig` of a new cluster.
pub(super) fn create_vpc(call: &Call<'_>) -> Result<Value, AwsError> {
    let request = call.input.get("resourcesVpcConfig").cloned().unwrap_or_default();
    if request.get("subnetIds").is_none() {
        return Err(invalid(call, "Subnets specified must be in at least two different AZs"));
    }
    check_vpc_ids(call, &request)?;
    let public = request.get("endpointPublicAccess").and_then(Value::as_bool).unwrap_or(true);
    let private = request.get("endpointPrivateAccess").and_then(Value::as_bool).unwrap_or(false);
    let cidrs = texts(request.get("publicAccessCidrs"));
    check_endpoint(call, public, private, &cidrs)?;
    let cidrs = if cidrs.is_empty() && public { vec!["0.0.0.0/0"] } else { cidrs };
    let subnets = texts(request.get("subnetIds"));
    let name = call.required("name");
    Ok(json!({
        "subnetIds": subnets,
        "securityGroupIds": texts(request.get("securityGroupIds")),
        "clusterSecurityGroupId": ec2_id("sg", &format!("{} {} {name}", call.account, call.region)),
        // Without a seed of subnets, all subnets of an account and region are in one VPC.
        "vpcId": ec2_id("vpc", &format!("{} {}", call.account, call.region)),
        "endpointPublicAccess": public,
        "endpointPrivateAccess": private,
        "publicAccessCidrs": cidrs,
    }))
}

/// `kubernetesNetworkConfig` of a new cluster.
pub(super) fn create_network(call: &Call<'_>) -> Result<Value, AwsError> {
    let request = call.input.get("kubernetesNetworkConfig").cloned().unwrap_or_default();
    let family = request.get("ipFamily").and_then(Value::as_str).unwrap_or("ipv4");
    let balancing = request.get("elasticLoadBalancing").cloned().unwrap_or_else(|| json!({"enabled": false}));
    let cidr = request.get("serviceIpv4Cidr").and_then(Value::as_str);
    if family == "ipv6" {
        if cidr.is_some() {
            return Err(invalid(call, "serviceIpv4Cidr cannot be specified when ipFamily is ipv6"));
        }
        return Ok(json!({
            "ipFamily": "ipv6", "serviceIpv6Cidr": "fd12:3456:789a::/108", "elasticLoadBalancing": balancing,
        }));
    }
    if cidr.is_some_and(|cidr| !service_cidr_valid(cidr)) {
        let text = "The serviceIpv4Cidr must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, between /24 and /12";
        return Err(invalid(call, text));
    }
    Ok(json!({
        "ipFamily": "ipv4", "serviceIpv4Cidr": cidr.unwrap_or("172.20.0.0/16"), "elasticLoadBalancing": balancing,
    }))
}

fn service_cidr_valid(cidr: &str) -> bool {
    let Some((address, length)) = cidr.split_once('/') else {
        return false;
    };
    let (Ok(address), Ok(length)) = (address.parse::<std::net::Ipv4Addr>(), length.parse::<u8>()) else {
        return false;
    };
    let [a, b, ..] = address.octets();
    let private = match a {
        10 => length >= 8,
        172 => (16..32).contains(&b) && length >= 12,
        192 => b == 168 && length >= 16,
        _ => false,
    };
    private && (12..=24).contains(&length)
}

/// Whether a request turns Auto Mode on or off; its three switches must agree.
pub(super) fn auto_mode(call: &Call<'_>) -> Result<Option<bool>, AwsError> {
    let switch = |path: [&str; 3]| {
        let mut value = call.input.get(path[0])?;
        for part in path[1..].iter().filter(|part| !part.is_empty()) {
            value = value.get(part)?;
        }
        value.as_bool()
    };
    let switches = [
        switch(["computeConfig", "enabled", ""]),
        switch(["kubernetesNetworkConfig", "elasticLoadBalancing", "enabled"]),
        switch(["storageConfig", "blockStorage", "enabled"]),
    ];
    let off = call.operation == "CreateCluster" && !switches.contains(&Some(true));
    if !off && switches.iter().any(|switch| *switch != switches[0]) {
        let text = "For EKS Auto Mode, please ensure that all required configs, including computeConfig, \
                    kubernetesNetworkConfig, and blockStorage are all either fully enabled or fully disabled.";
        return Err(invalid(call, text));
    }
    if let Some(compute) = call.input.get("computeConfig") {
        let pools = texts(compute.get("nodePools"));
        if let Some(pool) = pools.iter().find(|pool| !["system", "general-purpose"].contains(*pool)) {
            return Err(invalid(call, format!("The node pool {pool} is not supported")));
        }
        let role = compute.get("nodeRoleArn").and_then(Value::as_str);
        if pools.is_empty() == role.is_some() && switches[0] == Some(true) {
            return Err(invalid(call, "computeConfig nodePools and nodeRoleArn must be specified together"));
        }
        if let Some(role) = role {
            super::roles::check_service_role(call, role, "nodeRoleArn", "ec2.amazonaws.com")?;
        }
    }
    Ok(switches[0])
}

/// The logging of a cluster after a request, all five types named.
pub(super) fn logging(before: Option<&Value>, request: Option<&Value>) -> Value {
    let setups = |value: Option<&Value>| -> Vec<Value> {
        let list = value.and_then(|value| value.get("clusterLogging")).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let mut enabled: Vec<&str> = Vec::new();
    for setup in setups(before).iter().chain(&setups(request)) {
        let on = setup.get("enabled").and_then(Value::as_bool).unwrap_or(false);
        for name in texts(setup.get("types")) {
            let Some(known) = LOG_TYPES.into_iter().find(|known| *known == name) else {
                continue;
            };
            enabled.retain(|other| *other != known);
            if on {
                enabled.push(known);
            }
        }
    }
    let part = |on: bool| -> Vec<&str> {
        LOG_TYPES.into_iter().filter(|name| enabled.contains(name) == on).collect()
    };
    let setups = [true, false].into_iter().filter(|on| !part(*on).is_empty());
    json!({"clusterLogging": setups.map(|on| json!({"types": part(on), "enabled": on})).collect::<Vec<_>>()})
}

/// `[{"resources": ["secrets"], "provider": {"keyArn": …}}]`
pub(super) fn check_encryption(call: &Call<'_>, config: &Value) -> Result<(), AwsError> {
    for config in config.as_array().into_iter().flatten() {
        if texts(config.get("resources")) != ["secrets"] {
            return Err(invalid(call, "The only resource that can be encrypted is secrets"));
        }
        let arn = config.get("provider").and_then(|provider| provider.get("keyArn")).and_then(Value::as_str);
        let valid = arn.and_then(Arn::parse).is_some_and(|arn| {
            arn.service == "kms" && (arn.resource.starts_with("key/") || arn.resource.starts_with("alias/"))
        });
        if !valid {
            return Err(invalid(call, format!("Key ARN {} is not valid", arn.unwrap_or("null"))));
        }
    }
    Ok(())
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logging_names_every_type() {
        let on = json!({"clusterLogging": [{"types": ["audit", "api"], "enabled": true}]});
        let first = logging(None, Some(&on));
        assert_eq!(
            first,
            json!({"clusterLogging": [{"types": ["api", "audit"], "enabled": true},
                                      {"types": ["authenticator", "controllerManager", "scheduler"], "enabled": false}]})
        );
        let off = json!({"clusterLogging": [{"types": LOG_TYPES, "enabled": false}]});
        assert_eq!(logging(Some(&first), Some(&off)), logging(None, None));
    }

    #[test]
    fn ids_and_ranges() {
        assert!(ec2_id_valid("subnet-0123456789abcdef0", "subnet-") && ec2_id_valid("sg-01234567", "sg-"));
        assert!(!ec2_id_valid("subnet-xyz", "subnet-") && !ec2_id_valid("subnet-", "subnet-"));
        assert!(service_cidr_valid("10.100.0.0/16") && service_cidr_valid("172.16.0.0/12"));
        assert!(
            !service_cidr_valid("10.0.0.0/25")
                && !service_cidr_valid("8.8.0.0/16")
                && !service_cidr_valid("x")
        );
    }
}
