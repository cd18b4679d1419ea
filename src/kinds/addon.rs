//! EKS add-ons. Shapes: EKS `CreateAddon`, `UpdateAddon`, `Addon`.

use super::schema::*;
use crate::value::Value;

const UPDATE: &str = "UpdateAddon";

const ASSOCIATION: &[Attribute] = &[
    Attribute::new("service_account", Ty::String, "The add-on's Kubernetes service account.")
        .required()
        .in_place(UPDATE),
    Attribute::new("role_arn", Ty::String, "The role its pods assume through EKS Pod Identity.")
        .required()
        .in_place(UPDATE)
        .refers("role", RefersBy::Arn)
        .checks(&[Check::Arn { service: "iam", resource: "role/" }]),
];

const ATTRIBUTES: &[Attribute] = &[
    super::schema_cluster(),
    Attribute::new("name", Ty::String, "The add-on's name, as vpc-cni; defaults to the block's label.")
        .required()
        .terraform("addon_name")
        .checks(&[Check::Length { min: 1, max: 100 }]),
    Attribute::new("version", Ty::String, "The add-on's version: an exact one (v1.19.0-eksbuild.1), or \"default\", \"latest\" or a constraint (\"~> 1.19\") whose answer eksform.lock.hcl pins; omitted, AWS chooses at creation and it is then left alone.")
        .filled_by_aws()
        .in_place(UPDATE)
        .pinned()
        .terraform("addon_version"),
    Attribute::new("configuration_values", Ty::Any, "The add-on's settings: an object, or JSON or YAML text.")
        .in_place(UPDATE)
        .compare(Compare::Document),
    Attribute::new(
        "pod_identity_association",
        Ty::Keyed { key: "service_account", attributes: ASSOCIATION },
        "The role of one of the add-on's service accounts, through EKS Pod Identity.",
    )
    .default(|| Value::map(Default::default()))
    .in_place(UPDATE)
    .claims("pod_identity_association"),
    Attribute::new(
        "pod_identity",
        Ty::String,
        "With \"recommended\", each service account without a block of its own gets a role with the policies EKS recommends for it.",
    )
    .change(Change::Expanded)
    .excludes(&["service_account_role_arn"])
    .checks(&[Check::OneOf(&[super::recommended::RECOMMENDED])]),
    Attribute::new(
        "recommended",
        Ty::Block(super::recommended::ATTRIBUTES),
        "Makes the recommended roles the stack's own, instead of the account's; needs pod_identity.",
    )
    .change(Change::Expanded),
    Attribute::new(
        "service_account_role_arn",
        Ty::String,
        "The role of the add-on's service account through IAM roles for service accounts (IRSA), which excludes pod_identity_association.",
    )
    .in_place(UPDATE)
    .refers("role", RefersBy::Arn)
    .excludes(&["pod_identity_association"])
    .checks(&[Check::Arn { service: "iam", resource: "role/" }]),
    Attribute::new("namespace", Ty::String, "The Kubernetes namespace the add-on is installed in.")
        .filled_by_aws()
        .usual(|namespace| namespace.as_str() == Some("kube-system"))
        .terraform("namespace_config.namespace")
        .checks(&[
            Check::Length { min: 1, max: 63 },
            Check::Pattern { regex: "[a-z0-9]([a-z0-9-]*[a-z0-9])?", means: "a Kubernetes name: lower-case letters, digits and -" },
        ]),
    Attribute::new("resolve_conflicts_on_create", Ty::String, "What happens to fields somebody else set, when the add-on is created.")
        .filled_by_aws()
        .write_only()
        .checks(&[Check::OneOf(&["NONE", "OVERWRITE"])]),
    Attribute::new("resolve_conflicts_on_update", Ty::String, "What happens to fields somebody else changed, when the add-on is updated.")
        .filled_by_aws()
        .write_only()
        .checks(&[Check::OneOf(&["NONE", "OVERWRITE", "PRESERVE"])]),
    Attribute::new("preserve", Ty::Bool, "Whether the add-on's software stays on the cluster when the add-on is deleted.")
        .filled_by_aws()
        .write_only(),
    super::schema_tags(),
    super::schema_ownership(),
    Attribute::computed("arn", Ty::String, true, "The add-on's ARN."),
    Attribute::computed("created_at", Ty::String, true, "When the add-on was created, RFC 3339."),
    Attribute::computed("modified_at", Ty::String, false, "When the add-on was last changed, RFC 3339."),
];

const OPERATIONS: &[Operation] = &[
    Operation::new(
        "CreateAddon",
        &["eks:CreateAddon", "eks:CreatePodIdentityAssociation", "eks:TagResource", "iam:PassRole"],
        0,
    )
    .takes(60, Exclusive::Object)
    .with_token(),
    Operation::new("TagResource", &["eks:TagResource"], 1),
    Operation::new("UntagResource", &["eks:UntagResource"], 2),
    Operation::new(
        UPDATE,
        &[
            "eks:UpdateAddon",
            "eks:CreatePodIdentityAssociation",
            "eks:UpdatePodIdentityAssociation",
            "eks:DeletePodIdentityAssociation",
            "iam:PassRole",
        ],
        3,
    )
    .takes(45, Exclusive::Object)
    .with_token(),
    Operation::new("DeleteAddon", &["eks:DeleteAddon", "eks:DeletePodIdentityAssociation"], 20)
        .takes(30, Exclusive::Object),
];

pub static SCHEMA: Schema = Schema {
    kind: "addon",
    terraform_type: "aws_eks_addon",
    summary: "An EKS add-on with the roles of its service accounts.",
    regional: true,
    ignores_case: false,
    named: Some("name"),
    identity: &["cluster", "name"],
    attributes: ATTRIBUTES,
    operations: OPERATIONS,
    create: "CreateAddon",
    delete: "DeleteAddon",
    // An add-on's ARN ends in an id of AWS's choice.
    predict: |_, _, _| Vec::new(),
    expand: |_| {},
};
