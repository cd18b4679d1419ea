//! Clusters as EKS returns them.

use super::{Attributes, issue, pairs, text, texts};
use crate::live::{Object, Phase};
use crate::value::Value;
use aws_sdk_eks::types::{Cluster, ClusterStatus};

/// Whom AWS lets reach a public endpoint unless told otherwise.
const ANYWHERE: &str = "0.0.0.0/0";

/// The cluster as an object, with AWS's defaults where it returns nothing.
pub fn object(cluster: &Cluster) -> Object {
    let mut attributes = Attributes::default();
    attributes.text("name", cluster.name());
    attributes.text("version", cluster.version());
    attributes.text("role_arn", cluster.role_arn());
    attributes.set("vpc", vpc(cluster));
    attributes.set("enabled_log_types", log_types(cluster));
    let mode = cluster.access_config().and_then(|access| access.authentication_mode());
    attributes
        .set("access_config", Value::object([("authentication_mode", text(mode.map(|mode| mode.as_str())))]));
    attributes.set("auto_mode", auto_mode(cluster));
    attributes.set("deletion_protection", Value::from(cluster.deletion_protection().unwrap_or(false)));
    attributes.set("encryption_config", encryption(cluster));
    let network = cluster.kubernetes_network_config();
    let family = network.and_then(|network| network.ip_family()).map(|family| family.as_str());
    attributes.set(
        "kubernetes_network_config",
        Value::object([
            ("service_ipv4_cidr", text(network.and_then(|network| network.service_ipv4_cidr()))),
            ("ip_family", text(family)),
        ]),
    );
    attributes.set("outpost_config", outpost(cluster));
    attributes.set("remote_network_config", remote_network(cluster));
    let support = cluster.upgrade_policy().and_then(|policy| policy.support_type());
    attributes.set(
        "upgrade_policy",
        Value::object([(
            "support_type",
            Value::from(support.map_or("EXTENDED", |support| support.as_str())),
        )]),
    );
    let shift = cluster.zonal_shift_config().and_then(|shift| shift.enabled()).unwrap_or(false);
    attributes.set("zonal_shift", Value::object([("enabled", Value::from(shift))]));
    let tier = cluster.control_plane_scaling_config().and_then(|scaling| scaling.tier());
    attributes.set(
        "control_plane_scaling_config",
        Value::object([("tier", Value::from(tier.map_or("standard", |tier| tier.as_str())))]),
    );
    let owner = attributes.tags(pairs(cluster.tags()));
    attributes.text("arn", cluster.arn());
    attributes.text("endpoint", cluster.endpoint());
    attributes.text("certificate_authority", cluster.certificate_authority().and_then(|ca| ca.data()));
    let oidc = cluster.identity().and_then(|identity| identity.oidc());
    attributes.text("oidc_issuer", oidc.and_then(|oidc| oidc.issuer()));
    let network = cluster.resources_vpc_config();
    let group = network.and_then(|vpc| vpc.cluster_security_group_id());
    attributes.text("cluster_security_group_id", group);
    attributes.text("vpc_id", network.and_then(|vpc| vpc.vpc_id()));
    attributes.text("platform_version", cluster.platform_version());
    attributes.time("created_at", cluster.created_at());
    let issues = cluster.health().map(|health| health.issues()).unwrap_or_default();
    Object {
        attributes: attributes.0,
        owner,
        parent: None,
        phase: phase(cluster.status()),
        status: cluster.status().map_or("", ClusterStatus::as_str).into(),
        issues: issues
            .iter()
            .map(|found| issue(found.code().map(|code| code.as_str()), found.message()))
            .collect(),
    }
}

fn phase(status: Option<&ClusterStatus>) -> Phase {
    match status {
        Some(ClusterStatus::Creating | ClusterStatus::Updating | ClusterStatus::Pending) => Phase::Busy,
        Some(ClusterStatus::Failed) => Phase::Failed,
        Some(ClusterStatus::Deleting) => Phase::Deleting,
        _ => Phase::Settled,
    }
}

fn vpc(cluster: &Cluster) -> Value {
    let Some(vpc) = cluster.resources_vpc_config() else { return Value::NULL };
    // Without a public endpoint AWS returns no ranges; they are what they would be.
    let ranges = match vpc.public_access_cidrs() {
        [] => texts(&[ANYWHERE]),
        ranges => texts(ranges),
    };
    Value::object([
        ("subnet_ids", texts(vpc.subnet_ids())),
        ("security_group_ids", texts(vpc.security_group_ids())),
        ("endpoint_public_access", Value::from(vpc.endpoint_public_access())),
        ("endpoint_private_access", Value::from(vpc.endpoint_private_access())),
        ("public_access_cidrs", ranges),
    ])
}

fn log_types(cluster: &Cluster) -> Value {
    let setups = cluster.logging().map(|logging| logging.cluster_logging()).unwrap_or_default();
    let enabled = setups.iter().filter(|setup| setup.enabled().unwrap_or(false));
    Value::set(enabled.flat_map(|setup| setup.types()).map(|kind| Value::from(kind.as_str())).collect())
}

fn auto_mode(cluster: &Cluster) -> Value {
    let compute = cluster.compute_config();
    Value::object([
        ("enabled", Value::from(compute.and_then(|compute| compute.enabled()).unwrap_or(false))),
        ("node_pools", texts(compute.map(|compute| compute.node_pools()).unwrap_or_default())),
        ("node_role_arn", text(compute.and_then(|compute| compute.node_role_arn()))),
    ])
}

#[expect(deprecated, reason = "AWS still returns what is encrypted")]
fn encryption(cluster: &Cluster) -> Value {
    let [first, ..] = cluster.encryption_config() else { return Value::NULL };
    let resources = match first.resources() {
        [] => texts(&["secrets"]),
        resources => texts(resources),
    };
    let key = first.provider().and_then(|provider| provider.key_arn());
    Value::object([("resources", resources), ("key_arn", text(key))])
}

fn outpost(cluster: &Cluster) -> Value {
    let Some(outpost) = cluster.outpost_config() else { return Value::NULL };
    let placement = outpost
        .control_plane_placement()
        .map_or(Value::NULL, |placement| Value::object([("group_name", text(placement.group_name()))]));
    Value::object([
        ("outpost_arns", texts(outpost.outpost_arns())),
        ("control_plane_instance_type", Value::from(outpost.control_plane_instance_type())),
        ("control_plane_placement", placement),
    ])
}

fn remote_network(cluster: &Cluster) -> Value {
    let Some(remote) = cluster.remote_network_config() else { return Value::NULL };
    let networks = |ranges: Vec<&String>| match ranges.as_slice() {
        [] => Value::NULL,
        ranges => Value::object([("cidrs", texts(ranges))]),
    };
    let nodes: Vec<&String> = remote.remote_node_networks().iter().flat_map(|net| net.cidrs()).collect();
    let pods: Vec<&String> = remote.remote_pod_networks().iter().flat_map(|net| net.cidrs()).collect();
    if nodes.is_empty() && pods.is_empty() {
        return Value::NULL;
    }
    Value::object([("remote_node_networks", networks(nodes)), ("remote_pod_networks", networks(pods))])
}
