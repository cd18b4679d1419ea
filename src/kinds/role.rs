//! IAM roles. Shapes: IAM `CreateRole`, `RoleDetail`.

use super::schema::*;
use crate::value::{KeyPart, Map, Place, Value};

const STRING: Ty = Ty::String;

pub(super) const PATH_CHECKS: &[Check] = &[
    Check::Length { min: 1, max: 512 },
    Check::Pattern { regex: r"/|/[\x21-\x7E]+/", means: "text that begins and ends with /" },
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "name",
        Ty::String,
        "The role's name, unique in the account without regard to case; defaults to the block's label.",
    )
    .required()
    .compare(Compare::IgnoreCase)
    .checks(&[
        Check::Length { min: 1, max: 64 },
        Check::Pattern { regex: r"[\w+=,.@-]+", means: "letters, digits and _+=,.@-" },
    ]),
    Attribute::new("path", Ty::String, "The role's path.").default(|| Value::from("/")).checks(PATH_CHECKS),
    Attribute::new(
        "trust",
        Ty::Blocks(super::trust::ATTRIBUTES),
        "Who may assume the role; without any block and without trust_policy, pods through EKS Pod Identity.",
    )
    .default(|| Value::list(Vec::new()))
    .one_of(&["service", "aws", "federated"])
    .change(Change::Expanded),
    Attribute::new("trust_policy", Ty::Any, "The whole trust policy, instead of trust blocks.")
        .filled_by_aws()
        .in_place("UpdateAssumeRolePolicy")
        .compare(Compare::Policy)
        .excludes(&["trust"])
        .terraform("assume_role_policy")
        .checks(&[Check::Policy { max: 2048 }]),
    Attribute::new(
        "managed_policies",
        Ty::Set(&STRING),
        "ARNs of the managed policies attached to the role.",
    )
    .default(|| Value::set(Vec::new()))
    .change(Change::Elements { put: "AttachRolePolicy", remove: "DetachRolePolicy" })
    .terraform("managed_policy_arns")
    .checks(&[Check::Arn { service: "iam", resource: "policy/" }]),
    Attribute::new(
        "recommended_for",
        Ty::Blocks(super::recommended::FOR),
        "A service account of an add-on whose recommended policies the role has as well.",
    )
    .default(|| Value::list(Vec::new()))
    .one_of(&["version", "cluster"])
    .change(Change::Expanded),
    Attribute::new(
        "inline_policies",
        Ty::Map(&Ty::Any),
        "Policies written into the role: a document (object or JSON text) per name.",
    )
    .default(|| Value::map(Default::default()))
    .change(Change::Elements { put: "PutRolePolicy", remove: "DeleteRolePolicy" })
    .compare(Compare::Policy)
    .terraform("inline_policy")
    .checks(&[Check::Policy { max: 10_240 }]),
    // The permissions boundary limits the role from the first moment, so CreateRole carries it; a change is
    // a put or a delete.
    Attribute::new(
        "permissions_boundary",
        Ty::String,
        "ARN of the policy that limits what the role can be allowed.",
    )
    .change(Change::Entries { put: "PutRolePermissionsBoundary", remove: "DeleteRolePermissionsBoundary" })
    .checks(&[Check::Arn { service: "iam", resource: "policy/" }]),
    Attribute::new("description", Ty::String, "What the role is for.")
        .default(|| Value::from(""))
        .in_place("UpdateRole")
        .checks(&[Check::Length { min: 0, max: 1000 }]),
    Attribute::new("max_session_duration", Ty::Number, "The longest session, in seconds.")
        .default(|| Value::from(3600))
        .in_place("UpdateRole")
        .checks(&[Check::Between { min: 3600, max: 43_200 }]),
    Attribute::new("tags", Ty::Map(&STRING), "Tags of the role.")
        .default(|| Value::map(Default::default()))
        .change(Change::Entries { put: "TagRole", remove: "UntagRole" })
        .compare(Compare::Tags)
        .checks(super::TAG_CHECKS),
    Attribute::computed(
        super::OWNERSHIP,
        Ty::Map(&STRING),
        true,
        "eksform's own tags: which stack owns the role.",
    )
    .change(Change::Entries { put: "TagRole", remove: "UntagRole" })
    .compare(Compare::Tags),
    Attribute::computed("arn", Ty::String, true, "The role's ARN."),
    Attribute::computed("unique_id", Ty::String, true, "The role's id, which begins with AROA."),
    Attribute::computed("created_at", Ty::String, true, "When the role was created, RFC 3339.")
        .terraform("create_date"),
];

const OPERATIONS: &[Operation] = &[
    Operation::new("CreateRole", &["iam:CreateRole", "iam:TagRole"], 0).takes(2, Exclusive::Object),
    Operation::new("TagRole", &["iam:TagRole"], 1),
    Operation::new("UntagRole", &["iam:UntagRole"], 2),
    // Limits first, then who may use it, then what it may do: a role is never wider than before or after.
    Operation::new("PutRolePermissionsBoundary", &["iam:PutRolePermissionsBoundary"], 3),
    Operation::new("UpdateRole", &["iam:UpdateRole"], 4),
    Operation::new("UpdateAssumeRolePolicy", &["iam:UpdateAssumeRolePolicy"], 5),
    Operation::new("DetachRolePolicy", &["iam:DetachRolePolicy"], 6),
    Operation::new("DeleteRolePolicy", &["iam:DeleteRolePolicy"], 7),
    Operation::new("PutRolePolicy", &["iam:PutRolePolicy"], 8),
    Operation::new("AttachRolePolicy", &["iam:AttachRolePolicy"], 9),
    Operation::new("DeleteRolePermissionsBoundary", &["iam:DeleteRolePermissionsBoundary"], 10),
    Operation::new("DeleteRole", &["iam:DeleteRole"], 20),
];

/// `arn:<partition>:iam::<account>:role<path><name>`.
fn predict(place: &Place, key: &[KeyPart], after: &Map) -> Vec<(&'static str, Value)> {
    let (Some(name), Some(path)) = (key.first(), after.get("path").and_then(Value::as_str)) else {
        return Vec::new();
    };
    let arn = format!("arn:{}:iam::{}:role{path}{}", place.partition, place.account, name.as_str());
    vec![("arn", Value::from(arn))]
}

pub static SCHEMA: Schema = Schema {
    kind: "role",
    terraform_type: "aws_iam_role",
    summary: "An IAM role; without a trust block, one for EKS Pod Identity.",
    regional: false,
    ignores_case: true,
    named: Some("name"),
    identity: &["name"],
    attributes: ATTRIBUTES,
    operations: OPERATIONS,
    create: "CreateRole",
    delete: "DeleteRole",
    predict,
    expand: super::trust::expand,
};
