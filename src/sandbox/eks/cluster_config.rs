//! The parts of a cluster's configuration: what AWS accepts of each, and how it is shown.

use serde_json::{Value, json};

use super::super::call::{Arn, Call};
use super::super::error::AwsError;
use super::super::resource::Resource;
use super::clusters::ec2_id;
use super::invalid;

const LOG_TYPES: [&str; 5] = ["api", "audit", "authenticator", "controllerManager", "scheduler"];

pub(super) fn texts(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// `subnet-` or `sg-` and 8 or 17 hexadecimal digits.
fn ec2_id_valid(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| {
        (8..=17).contains(&rest.len()) && rest.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
    })
}

/// A subnet of a seed.
fn seeded(call: &Call<'_>, subnet: &str) -> Option<Resource> {
    call.load(&call.key(&["subnet", subnet]))
}

/// That subnets exist: those of the seed, or any that look like one if no seed lists subnets.
pub(super) fn check_subnets(call: &Call<'_>, subnets: &[&str]) -> Result<(), AwsError> {
    let listed = call.store.range(&call.key(&["subnet"]), None).next().is_some();
    let exists =
        |subnet: &str| ec2_id_valid(subnet, "subnet-") && (!listed || seeded(call, subnet).is_some());
    match subnets.iter().find(|subnet| !exists(subnet)) {
        Some(subnet) => Err(invalid(call, format!("The subnet ID '{subnet}' does not exist"))),
        None => Ok(()),
    }
}

/// That the subnets of a cluster are in two zones and one VPC, as far as a seed tells.
fn check_zones(call: &Call<'_>, subnets: &[&str]) -> Result<(), AwsError> {
    let known: Vec<Resource> = subnets.iter().filter_map(|subnet| seeded(call, subnet)).collect();
    let several = |member: &str| known.iter().any(|subnet| subnet.text(member) != known[0].text(member));
    if known.len() > 1 && !several("availabilityZone") {
        return Err(invalid(call, "Subnets specified must be in at least two different AZs"));
    }
    if several("vpcId") {
        return Err(invalid(call, "Subnets specified must belong to the same VPC"));
    }
    Ok(())
}

/// The subnets and security groups of a request.
pub(super) fn check_vpc_ids(call: &Call<'_>, vpc: &Value) -> Result<(), AwsError> {
    let subnets = texts(vpc.get("subnetIds"));
    check_subnets(call, &subnets)?;
    check_zones(call, &subnets)?;
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

/// That an endpoint is reachable at all, from ranges that are ranges.
pub(super) fn check_endpoint(
    call: &Call<'_>,
    public: bool,
    private: bool,
    cidrs: &[&str],
) -> Result<(), AwsError> {
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
    // Without a seed of subnets, all subnets of an account and region are in one VPC.
    let vpc = subnets.first().and_then(|subnet| seeded(call, subnet)).map_or_else(
        || ec2_id("vpc", &format!("{} {}", call.account, call.region)),
        |subnet| subnet.text("vpcId").to_owned(),
    );
    Ok(json!({
        "subnetIds": subnets,
        "securityGroupIds": texts(request.get("securityGroupIds")),
        "clusterSecurityGroupId": ec2_id("sg", &format!("{} {} {name}", call.account, call.region)),
        "vpcId": vpc,
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
