//! EKS clusters. Shapes: EKS `CreateCluster`, `UpdateClusterConfig`, `Cluster`.

use super::schema::*;
use crate::value::{KeyPart, Map, Place, Value};

const STRING: Ty = Ty::String;

const VPC: &str = "UpdateClusterConfig:vpc";
const ENDPOINTS: &str = "UpdateClusterConfig:endpoint_access";
const SECURITY_GROUPS: &str = "UpdateClusterConfig:security_groups";
const LOGGING: &str = "UpdateClusterConfig:logging";
const ACCESS: &str = "UpdateClusterConfig:access";
const AUTO_MODE: &str = "UpdateClusterConfig:auto_mode";
const UPGRADE_POLICY: &str = "UpdateClusterConfig:upgrade_policy";
const ZONAL_SHIFT: &str = "UpdateClusterConfig:zonal_shift";
const REMOTE_NETWORK: &str = "UpdateClusterConfig:remote_network";
const DELETION_PROTECTION: &str = "UpdateClusterConfig:deletion_protection";
const SCALING: &str = "UpdateClusterConfig:scaling";
const VERSION: &str = "UpdateClusterVersion";
const ENCRYPTION: &str = "AssociateEncryptionConfig";

/// Whether a block's attribute has that value.
fn is(block: &Value, name: &str, value: &Value) -> bool {
    block.get(name) == Some(value)
}

const CIDRS: &[Check] = &[Check::Cidr];

const VPC_ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "subnet_ids",
        Ty::Set(&STRING),
        "Subnets for the control plane's network interfaces, in at least two zones.",
    )
    .required()
    .in_place(VPC)
    .checks(&[
        Check::Length { min: 1, max: 100 },
        Check::Pattern { regex: "subnet-[0-9a-f]+", means: "a subnet id such as subnet-0123456789abcdef0" },
    ]),
    Attribute::new(
        "security_group_ids",
        Ty::Set(&STRING),
        "Further security groups of the control plane's network interfaces.",
    )
    .filled_by_aws()
    .in_place(SECURITY_GROUPS)
    .usual(|groups| groups.as_items().is_some_and(<[Value]>::is_empty))
    .checks(&[Check::Pattern {
        regex: "sg-[0-9a-f]+",
        means: "a security group id such as sg-0123456789abcdef0",
    }]),
    Attribute::new("endpoint_public_access", Ty::Bool, "Whether the API server answers on a public address.")
        .default(|| Value::from(true))
        .in_place(ENDPOINTS),
    Attribute::new("endpoint_private_access", Ty::Bool, "Whether the API server answers inside the VPC.")
        .default(|| Value::from(false))
        .in_place(ENDPOINTS),
    Attribute::new("public_access_cidrs", Ty::Set(&STRING), "Who may reach the public address.")
        .default(|| Value::set(vec![Value::from("0.0.0.0/0")]))
        .in_place(ENDPOINTS)
        .checks(CIDRS),
];

const ACCESS_ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "authentication_mode",
        Ty::String,
        "Where cluster access is declared: access entries, the aws-auth ConfigMap, or both.",
    )
    .filled_by_aws()
    .in_place(ACCESS)
    .checks(&[Check::OneOf(&["API", "API_AND_CONFIG_MAP", "CONFIG_MAP"])])
    .usual(|mode| mode.as_str() == Some("CONFIG_MAP")),
    Attribute::new(
        "bootstrap_cluster_creator_admin_permissions",
        Ty::Bool,
        "Whether whoever creates the cluster becomes its administrator; used at creation only.",
    )
    .filled_by_aws()
    .write_only(),
];

const AUTO_MODE_ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "enabled",
        Ty::Bool,
        "Whether EKS runs compute, block storage and load balancing itself (the three go together).",
    )
    .required()
    .in_place(AUTO_MODE)
    .terraform("compute_config.enabled"),
    Attribute::new("node_pools", Ty::Set(&STRING), "The built-in node pools.")
        .filled_by_aws()
        .in_place(AUTO_MODE)
        .terraform("compute_config.node_pools")
        .checks(&[Check::OneOf(&["general-purpose", "system"])]),
    Attribute::new("node_role_arn", Ty::String, "The role of the nodes EKS starts.")
        .filled_by_aws()
        .in_place(AUTO_MODE)
        .terraform("compute_config.node_role_arn")
        .refers("role", RefersBy::Arn)
        .checks(&[Check::Arn { service: "iam", resource: "role/" }]),
];

const ENCRYPTION_ATTRIBUTES: &[Attribute] = &[
    Attribute::new("resources", Ty::Set(&STRING), "What is encrypted.")
        .default(|| Value::set(vec![Value::from("secrets")]))
        .checks(&[Check::OneOf(&["secrets"])]),
    Attribute::new("key_arn", Ty::String, "The KMS key.")
        .required()
        .terraform("encryption_config.provider.key_arn")
        .checks(&[Check::Arn { service: "kms", resource: "" }]),
];

const NETWORK_ATTRIBUTES: &[Attribute] = &[
    Attribute::new("service_ipv4_cidr", Ty::String, "The address range of Kubernetes services.")
        .filled_by_aws()
        .usual(|range| matches!(range.as_str(), Some("10.100.0.0/16" | "172.20.0.0/16")))
        .checks(CIDRS),
    Attribute::new("ip_family", Ty::String, "The address family of pods and services.")
        .filled_by_aws()
        .usual(|family| family.as_str() == Some("ipv4"))
        .checks(&[Check::OneOf(&["ipv4", "ipv6"])]),
];

const PLACEMENT_ATTRIBUTES: &[Attribute] =
    &[Attribute::new("group_name", Ty::String, "The placement group on the Outpost.").required()];

const OUTPOST_ATTRIBUTES: &[Attribute] = &[
    Attribute::new("outpost_arns", Ty::Set(&STRING), "The Outpost of a local cluster.").required(),
    Attribute::new("control_plane_instance_type", Ty::String, "The instance type of the control plane.")
        .required(),
    Attribute::new(
        "control_plane_placement",
        Ty::Block(PLACEMENT_ATTRIBUTES),
        "Where on the Outpost the control plane runs.",
    )
    .filled_by_aws(),
];

const REMOTE_CIDRS: &[Attribute] = &[Attribute::new("cidrs", Ty::Set(&STRING), "Address ranges.")
    .required()
    .in_place(REMOTE_NETWORK)
    .checks(CIDRS)];

const REMOTE_ATTRIBUTES: &[Attribute] = &[
    Attribute::new("remote_node_networks", Ty::Block(REMOTE_CIDRS), "Networks of hybrid nodes.")
        .filled_by_aws()
        .in_place(REMOTE_NETWORK),
    Attribute::new("remote_pod_networks", Ty::Block(REMOTE_CIDRS), "Networks of pods on hybrid nodes.")
        .filled_by_aws()
        .in_place(REMOTE_NETWORK),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("name", Ty::String, "The cluster's name; defaults to the block's label.").required().checks(&[
        Check::Length { min: 1, max: 100 },
        Check::Pattern {
            regex: "[0-9A-Za-z][A-Za-z0-9_-]*",
            means: "letters, digits, - and _, beginning with a letter or digit",
        },
    ]),
    Attribute::new("version", Ty::String, "The Kubernetes version, as 1.33; omitted, AWS chooses at creation and it is then left alone.")
        .filled_by_aws()
        .in_place(VERSION)
        .checks(&[Check::Pattern { regex: r"1\.[0-9]{2}", means: "a Kubernetes minor version such as 1.33" }]),
    Attribute::new("role_arn", Ty::String, "The role EKS acts as.")
        .required()
        .refers("role", RefersBy::Arn)
        .checks(&[Check::Arn { service: "iam", resource: "role/" }]),
    Attribute::new("vpc", Ty::Block(VPC_ATTRIBUTES), "The cluster's network.").required().terraform("vpc_config"),
    Attribute::new("enabled_log_types", Ty::Set(&STRING), "Control-plane logs sent to CloudWatch.")
        .default(|| Value::set(Vec::new()))
        .in_place(LOGGING)
        .terraform("enabled_cluster_log_types")
        .checks(&[Check::OneOf(&["api", "audit", "authenticator", "controllerManager", "scheduler"])]),
    Attribute::new("access_config", Ty::Block(ACCESS_ATTRIBUTES), "How people and roles get access to the cluster.").filled_by_aws().in_place(ACCESS),
    Attribute::new("auto_mode", Ty::Block(AUTO_MODE_ATTRIBUTES), "EKS Auto Mode: compute, storage and load balancing run by EKS.")
        .filled_by_aws()
        .in_place(AUTO_MODE)
        .terraform("compute_config")
        .usual(|mode| is(mode, "enabled", &Value::from(false))),
    Attribute::new("deletion_protection", Ty::Bool, "Whether AWS refuses to delete the cluster.")
        .filled_by_aws()
        .in_place(DELETION_PROTECTION)
        .usual(|on| on.as_bool() == Some(false)),
    Attribute::new("encryption_config", Ty::Block(ENCRYPTION_ATTRIBUTES), "Envelope encryption of secrets with a KMS key, which can be added once and never changed or removed.")
        .filled_by_aws()
        .in_place(ENCRYPTION),
    Attribute::new("kubernetes_network_config", Ty::Block(NETWORK_ATTRIBUTES), "Addresses inside Kubernetes.").filled_by_aws(),
    Attribute::new("outpost_config", Ty::Block(OUTPOST_ATTRIBUTES), "A local cluster on an Outpost.").filled_by_aws(),
    Attribute::new("remote_network_config", Ty::Block(REMOTE_ATTRIBUTES), "Networks of hybrid nodes and their pods.")
        .filled_by_aws()
        .in_place(REMOTE_NETWORK),
    Attribute::new(
        "upgrade_policy",
        Ty::Block(&[Attribute::new("support_type", Ty::String, "Which support the cluster gets when its version leaves standard support.")
            .required()
            .in_place(UPGRADE_POLICY)
            .checks(&[Check::OneOf(&["STANDARD", "EXTENDED"])])]),
        "What happens when the version leaves standard support.",
    )
    .filled_by_aws()
    .in_place(UPGRADE_POLICY)
    .usual(|policy| is(policy, "support_type", &Value::from("EXTENDED"))),
    Attribute::new(
        "zonal_shift",
        Ty::Block(&[Attribute::new("enabled", Ty::Bool, "Whether traffic may be shifted away from an impaired zone.")
            .required()
            .in_place(ZONAL_SHIFT)]),
        "The cluster's part in ARC zonal shift.",
    )
    .filled_by_aws()
    .in_place(ZONAL_SHIFT)
    .usual(|shift| is(shift, "enabled", &Value::from(false)))
    .terraform("zonal_shift_config"),
    Attribute::new(
        "control_plane_scaling_config",
        Ty::Block(&[Attribute::new("tier", Ty::String, "The provisioned size of the control plane.")
            .required()
            .in_place(SCALING)
            .checks(&[Check::OneOf(&["standard", "tier-xl", "tier-2xl", "tier-4xl", "tier-8xl"])])]),
        "The size of the control plane, provisioned in advance.",
    )
    .filled_by_aws()
    .in_place(SCALING)
    .usual(|scaling| is(scaling, "tier", &Value::from("standard"))),
    Attribute::new(
        "bootstrap_self_managed_addons",
        Ty::Bool,
        "Whether EKS installs self-managed vpc-cni, coredns and kube-proxy; used at creation only.",
    )
    .filled_by_aws()
    .write_only(),
    super::schema_tags(),
    super::schema_ownership(),
    Attribute::computed("arn", Ty::String, true, "The cluster's ARN."),
    Attribute::computed("endpoint", Ty::String, true, "The API server's address."),
    Attribute::computed("certificate_authority", Ty::String, true, "The API server's CA certificate, base64.")
        .terraform("certificate_authority.data"),
    Attribute::computed("oidc_issuer", Ty::String, true, "The OpenID Connect issuer of service account tokens.")
        .terraform("identity.oidc.issuer"),
    Attribute::computed("cluster_security_group_id", Ty::String, true, "The security group EKS made for the cluster.")
        .terraform("vpc_config.cluster_security_group_id"),
    Attribute::computed("vpc_id", Ty::String, true, "The VPC of the subnets.").terraform("vpc_config.vpc_id"),
    Attribute::computed("platform_version", Ty::String, false, "The EKS platform version, as eks.5."),
    Attribute::computed("created_at", Ty::String, true, "When the cluster was created, RFC 3339."),
];

/// A change of one group of settings.
const fn config(group: &'static str, order: u8, seconds: u32) -> Operation {
    Operation::new(group, &["eks:UpdateClusterConfig"], order).takes(seconds, Exclusive::Cluster).with_token()
}

const OPERATIONS: &[Operation] = &[
    Operation::new("CreateCluster", &["eks:CreateCluster", "eks:TagResource", "iam:PassRole"], 0)
        .takes(560, Exclusive::Cluster)
        .with_token(),
    Operation::new("TagResource", &["eks:TagResource"], 1),
    Operation::new("UntagResource", &["eks:UntagResource"], 2),
    config(DELETION_PROTECTION, 3, 10),
    config(ACCESS, 4, 60),
    config(LOGGING, 5, 60),
    config(ENDPOINTS, 6, 300),
    config(VPC, 7, 300),
    config(SECURITY_GROUPS, 8, 300),
    config(REMOTE_NETWORK, 9, 300),
    config(UPGRADE_POLICY, 10, 10),
    config(ZONAL_SHIFT, 11, 60),
    config(SCALING, 12, 300),
    Operation::new(AUTO_MODE, &["eks:UpdateClusterConfig", "iam:PassRole"], 13)
        .takes(300, Exclusive::Cluster)
        .with_token(),
    Operation::new(ENCRYPTION, &["eks:AssociateEncryptionConfig", "kms:DescribeKey", "kms:CreateGrant"], 14)
        .takes(600, Exclusive::Cluster)
        .with_token(),
    Operation::new(VERSION, &["eks:UpdateClusterVersion"], 15).takes(600, Exclusive::Cluster).with_token(),
    Operation::new("DeleteCluster", &["eks:DeleteCluster"], 20).takes(210, Exclusive::Cluster),
];

/// The ARN a cluster of that name has: `arn:<partition>:eks:<region>:<account>:cluster/<name>`. `None` without
/// a region.
pub fn arn(place: &Place, name: &str) -> Option<String> {
    let region = place.region.as_ref()?;
    Some(format!("arn:{}:eks:{region}:{}:cluster/{name}", place.partition, place.account))
}

fn predict(place: &Place, key: &[KeyPart], _: &Map) -> Vec<(&'static str, Value)> {
    let arn = key.first().and_then(|name| arn(place, name.as_str()));
    arn.map(|arn| ("arn", Value::from(arn))).into_iter().collect()
}

pub static SCHEMA: Schema = Schema {
    kind: "cluster",
    terraform_type: "aws_eks_cluster",
    summary: "An EKS cluster: its control plane.",
    regional: true,
    ignores_case: false,
    named: Some("name"),
    identity: &["name"],
    attributes: ATTRIBUTES,
    operations: OPERATIONS,
    create: "CreateCluster",
    delete: "DeleteCluster",
    predict,
    expand: |_| {},
};
