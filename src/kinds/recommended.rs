//! Recommended roles: the block that describes them, and how they are named.
//!
//! Under its default name a recommended role belongs to the whole account, as the one the EKS console makes: every
//! stack finds it by that name. With a `recommended` block it is the stack's own.

use super::schema::*;
use crate::value::{Map, Text, Value};
use sha2::{Digest, Sha256};

/// The value of `pod_identity` that asks for recommended roles.
pub const RECOMMENDED: &str = "recommended";

/// The block beside it.
pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "role_name",
        Ty::String,
        "The roles' name, in which {service_account} stands for the service account; omitted, the default name with the cluster's.",
    )
    .change(Change::Expanded),
    Attribute::new("path", Ty::String, "The roles' path.")
        .default(|| Value::from("/"))
        .change(Change::Expanded)
        .checks(super::role::PATH_CHECKS),
    Attribute::new(
        "permissions_boundary",
        Ty::String,
        "ARN of the policy that limits what the roles can be allowed.",
    )
    .change(Change::Expanded)
    .checks(&[Check::Arn { service: "iam", resource: "policy/" }]),
    Attribute::new(
        "scope_to_cluster",
        Ty::Bool,
        "Whether only the add-on's pods in this cluster can assume the roles, by conditions on the session tags.",
    )
    .default(|| Value::from(false))
    .change(Change::Expanded),
];

/// The block of a role that takes a recommendation.
pub(super) const FOR: &[Attribute] = &[
    Attribute::new("addon", Ty::String, "The add-on's name, as vpc-cni.").required(),
    Attribute::new("service_account", Ty::String, "The add-on's Kubernetes service account.").required(),
    Attribute::new(
        "version",
        Ty::String,
        "The add-on's version: an exact one, or with a cluster \"default\", \"latest\" or a constraint; omitted, \"default\".",
    ),
    Attribute::new(
        "cluster",
        Ty::String,
        "The cluster whose Kubernetes version decides which versions there are; cluster.x is short for cluster.x.name.",
    )
    .refers("cluster", RefersBy::Name),
];

/// The names under which the EKS console makes the roles it recommends.
const CONSOLE: [(&str, &str); 3] = [
    ("vpc-cni", "AmazonEKSPodIdentityAmazonVPCCNIRole"),
    ("aws-ebs-csi-driver", "AmazonEKSPodIdentityAmazonEBSCSIDriverRole"),
    ("aws-efs-csi-driver", "AmazonEKSPodIdentityAmazonEFSCSIDriverRole"),
];

/// The name the console gives the recommended role of an add-on, if the console makes one.
pub fn console_name(addon: &str) -> Option<&'static str> {
    CONSOLE.iter().find(|(name, _)| *name == addon).map(|(_, role)| *role)
}

/// The longest name a role may have.
const LONGEST: usize = 64;

/// The default name of a recommended role; with a cluster, that of the stack's own.
pub fn default_name(addon: &str, service_account: &str, cluster: Option<&str>) -> String {
    let mut name = match console_name(addon) {
        Some(name) => name.to_string(),
        None => format!("EKSPodIdentity-{addon}-{service_account}"),
    };
    if let Some(cluster) = cluster {
        name = format!("{name}-{cluster}");
    }
    cut(name)
}

/// A name of at most 64 characters: a longer one ends in a hash of the whole.
fn cut(name: String) -> String {
    // Names of add-ons, service accounts and clusters are ASCII; anything else is cut between characters.
    if name.chars().count() <= LONGEST {
        return name;
    }
    let hash: String =
        Sha256::digest(name.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = name.chars().take(LONGEST - hash.len() - 1).collect();
    format!("{kept}-{hash}")
}

/// `role_name` for one service account.
pub fn named(template: &str, service_account: &str) -> String {
    template.replace("{service_account}", service_account)
}

/// Who may assume a recommended role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session<'a> {
    pub cluster_arn: &'a str,
    pub namespace: &'a str,
    pub service_account: &'a str,
}

impl Session<'_> {
    /// The session tags that EKS Pod Identity sets, as condition keys.
    fn tags(&self) -> [(&'static str, &str); 3] {
        [
            ("aws:RequestTag/eks-cluster-arn", self.cluster_arn),
            ("aws:RequestTag/kubernetes-namespace", self.namespace),
            ("aws:RequestTag/kubernetes-service-account", self.service_account),
        ]
    }

    /// `trust` blocks of a role that nobody else can assume.
    pub fn trust(&self) -> Value {
        let condition = |(variable, value): (&str, &str)| {
            Value::object([
                ("test", Value::from("StringEquals")),
                ("variable", Value::from(variable)),
                ("values", Value::list(vec![Value::from(value)])),
            ])
        };
        let conditions = self.tags().into_iter().map(condition).collect();
        Value::list(vec![Value::object([
            ("service", Value::from(super::trust::POD_IDENTITY)),
            ("condition", Value::list(conditions)),
        ])])
    }
}

/// The attributes of a role with these policies and nothing else, before [`Schema::expand`].
pub fn role(name: &str, policies: &[Text]) -> Map {
    let mut role = super::role::SCHEMA.defaults();
    role.insert("name".into(), Value::from(name));
    let policies = policies.iter().map(|policy| Value::string(policy.clone()));
    role.insert("managed_policies".into(), Value::set(policies.collect()));
    role
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_names() {
        for (addon, account, cluster, name) in [
            ("vpc-cni", "aws-node", None, "AmazonEKSPodIdentityAmazonVPCCNIRole"),
            ("vpc-cni", "aws-node", Some("demo"), "AmazonEKSPodIdentityAmazonVPCCNIRole-demo"),
            ("adot", "adot-col-otlp-ingest", None, "EKSPodIdentity-adot-adot-col-otlp-ingest"),
            (
                "aws-network-flow-monitoring-agent",
                "aws-network-flow-monitor-agent-service-account",
                None,
                "EKSPodIdentity-aws-network-flow-monitoring-agent-aws-ne-c09b9cb7",
            ),
        ] {
            assert_eq!(default_name(addon, account, cluster), name);
            assert!(name.len() <= 64, "{name}");
        }
        // What is cut is told apart all the same.
        let long = |end: &str| default_name("aws-network-flow-monitoring-agent", &"a".repeat(60), Some(end));
        assert_ne!(long("one"), long("two"));
    }
}
