//! EKS Pod Identity associations of workloads. Shapes: EKS `CreatePodIdentityAssociation`,
//! `UpdatePodIdentityAssociation`, `PodIdentityAssociation`.

use super::schema::*;
use crate::value::{KeyPart, Map, Place, Value};

const UPDATE: &str = "UpdatePodIdentityAssociation";

const ATTRIBUTES: &[Attribute] = &[
    super::schema_cluster(),
    Attribute::new(
        "namespace",
        Ty::String,
        "The service account's Kubernetes namespace, which need not exist yet.",
    )
    .required()
    .checks(&[Check::Length { min: 1, max: 63 }]),
    Attribute::new(
        "service_account",
        Ty::String,
        "The Kubernetes service account, which need not exist yet.",
    )
    .required()
    .checks(&[Check::Length { min: 1, max: 253 }]),
    Attribute::new(
        "role_arn",
        Ty::String,
        "The role the service account's pods assume; it lives in the cluster's account.",
    )
    .required()
    .in_place(UPDATE)
    .refers("role", RefersBy::Arn)
    .checks(&[Check::Arn { service: "iam", resource: "role/" }]),
    Attribute::new(
        "target_role_arn",
        Ty::String,
        "A second role, often in another account, that the first one assumes for the pods.",
    )
    .in_place(UPDATE)
    .refers("role", RefersBy::Arn)
    .checks(&[Check::Arn { service: "iam", resource: "role/" }]),
    Attribute::new(
        "disable_session_tags",
        Ty::Bool,
        "Whether the session tags (cluster, namespace, service account, pod) are left out.",
    )
    .default(|| Value::from(false))
    .in_place(UPDATE),
    Attribute::new(
        "policy",
        Ty::Any,
        "A session policy that narrows the role; needs disable_session_tags = true.",
    )
    .in_place(UPDATE)
    .compare(Compare::Policy)
    .needs("disable_session_tags", true)
    .checks(&[Check::Policy { max: 2048 }]),
    super::schema_tags(),
    super::schema_ownership(),
    Attribute::computed("association_id", Ty::String, true, "The association's id, as a-0123456789abcdefg."),
    Attribute::computed("arn", Ty::String, true, "The association's ARN.").terraform("association_arn"),
    Attribute::computed(
        "external_id",
        Ty::String,
        true,
        "The external id sent when the target role is assumed.",
    ),
    Attribute::computed("created_at", Ty::String, true, "When the association was created, RFC 3339."),
    Attribute::computed("modified_at", Ty::String, false, "When the association was last changed, RFC 3339."),
];

const OPERATIONS: &[Operation] = &[
    Operation::new(
        "CreatePodIdentityAssociation",
        &["eks:CreatePodIdentityAssociation", "eks:TagResource", "iam:PassRole", "iam:GetRole"],
        0,
    )
    .with_token(),
    Operation::new("TagResource", &["eks:TagResource"], 1),
    Operation::new("UntagResource", &["eks:UntagResource"], 2),
    Operation::new(UPDATE, &["eks:UpdatePodIdentityAssociation", "iam:PassRole", "iam:GetRole"], 3)
        .with_token(),
    Operation::new("DeletePodIdentityAssociation", &["eks:DeletePodIdentityAssociation"], 20),
];

/// The external id has the form `region/account/cluster/namespace/serviceaccount`.
fn predict(place: &Place, key: &[KeyPart], after: &Map) -> Vec<(&'static str, Value)> {
    let (Some(region), [cluster, namespace, account]) = (&place.region, key) else { return Vec::new() };
    // AWS fills it only where a target role is assumed.
    if after.get("target_role_arn").is_none_or(Value::is_null) {
        return vec![("external_id", Value::NULL)];
    }
    let id = [region, &*place.account, cluster.as_str(), namespace.as_str(), account.as_str()].join("/");
    vec![("external_id", Value::from(id))]
}

pub static SCHEMA: Schema = Schema {
    kind: "pod_identity_association",
    terraform_type: "aws_eks_pod_identity_association",
    summary: "The role of one Kubernetes service account, through EKS Pod Identity.",
    regional: true,
    ignores_case: false,
    named: None,
    identity: &["cluster", "namespace", "service_account"],
    attributes: ATTRIBUTES,
    operations: OPERATIONS,
    create: "CreatePodIdentityAssociation",
    delete: "DeletePodIdentityAssociation",
    predict,
    expand: |_| {},
};
