//! The kinds of objects eksform manages, as data: validation, diff, docs, JSON and completion read
//! the same tables. One file per kind.

mod addon;
mod cluster;
pub mod docs;
mod pod_identity_association;
pub mod pod_trust;
pub mod policy;
pub mod policy_document;
pub mod recommended;
mod refers;
mod role;
mod schema;
mod trust;
pub mod version;

use crate::value::{Identity, KeyPart, Text};
pub use cluster::arn as cluster_arn;
pub use refers::{is_referred_to, references};
pub use schema::{
    Attribute, Change, Check, Compare, Exclusive, Omitted, Operation, Predict, RefersBy, RefersTo, Schema, Ty,
};

/// Every kind, in the order in which a reader meets them.
pub static ALL: [&Schema; 4] =
    [&cluster::SCHEMA, &addon::SCHEMA, &role::SCHEMA, &pod_identity_association::SCHEMA];

/// The schema of a kind by its block type.
pub fn schema(kind: &str) -> Option<&'static Schema> {
    ALL.into_iter().find(|schema| schema.kind == kind)
}

/// The identity of an object of a kind, with the parts of its key compared as AWS compares them.
pub fn identity<Scope: Clone>(scope: &Scope, kind: &str, key: &[&str]) -> Identity<Scope> {
    let schema = schema(kind);
    let part = |text: &&str| match schema {
        Some(schema) => schema.key_part(text),
        None => KeyPart::exact(*text),
    };
    let kind = schema.map_or_else(|| kind.into(), |schema| Text::new_static(schema.kind));
    Identity { scope: scope.clone(), kind, key: key.iter().map(part).collect() }
}

/// The attribute that holds eksform's own tags: which stack owns the object and under which address.
/// Never written in files; compared and written like tags.
pub const OWNERSHIP: &str = "ownership";

/// The prefix of eksform's own tags.
pub const TAG_PREFIX: &str = "eksform:";
/// The tag that says which stack owns an object.
pub const TAG_STACK: &str = "eksform:stack";
/// The tag that records the address an object was last applied under (encoded, see `live::ownership`).
pub const TAG_ADDRESS: &str = "eksform:address";
/// The tag on roles that records the provider's region, since IAM has none.
pub const TAG_REGION: &str = "eksform:region";
/// The tag on a role that belongs to the account rather than to a stack, and its only value.
pub const TAG_SHARED: (&str, &str) = ("eksform:shared", "recommended");

/// The add-on that gives pods the credentials of EKS Pod Identity.
pub const AGENT: &str = "eks-pod-identity-agent";

const STRING: Ty = Ty::String;

/// Tag keys and values as EKS and IAM take them; at most 50 with eksform's own three.
const TAG_CHECKS: &[Check] = &[Check::Length { min: 0, max: 47 }];

/// The `tags` of the EKS kinds.
const fn schema_tags() -> Attribute {
    Attribute::new("tags", Ty::Map(&STRING), "Tags of the object.")
        .default(|| crate::value::Value::map(Default::default()))
        .change(Change::Entries { put: "TagResource", remove: "UntagResource" })
        .compare(Compare::Tags)
        .checks(TAG_CHECKS)
}

/// eksform's own tags of the EKS kinds.
const fn schema_ownership() -> Attribute {
    Attribute::computed(OWNERSHIP, Ty::Map(&STRING), true, "eksform's own tags: which stack owns the object.")
        .change(Change::Entries { put: "TagResource", remove: "UntagResource" })
        .compare(Compare::Tags)
}

/// The `cluster` attribute of what lives in a cluster.
const fn schema_cluster() -> Attribute {
    Attribute::new("cluster", Ty::String, "The cluster's name; cluster.x is short for cluster.x.name.")
        .required()
        .refers("cluster", RefersBy::Name)
        .terraform("cluster_name")
        .checks(&[
            Check::Length { min: 1, max: 100 },
            Check::Pattern {
                regex: "[0-9A-Za-z][A-Za-z0-9_-]*",
                means: "a cluster's name: letters, digits, - and _",
            },
        ])
}
