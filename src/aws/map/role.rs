//! Roles as IAM returns them, put together from one bulk read or from several small ones.

use super::{Attributes, texts};
use crate::live::{Object, Phase};
use crate::value::{Map, Value};
use aws_sdk_iam::types::{AttachedPolicy, Role, RoleDetail, Tag};
use percent_encoding::percent_decode_str;

/// What the bulk read leaves out.
#[derive(Clone, Debug)]
pub struct Rest {
    pub description: Option<String>,
    pub max_session_duration: Option<i32>,
}

impl Rest {
    pub fn of(role: &Role) -> Self {
        Self {
            description: role.description().map(str::to_string),
            max_session_duration: role.max_session_duration(),
        }
    }
}

/// A role of the bulk read.
pub fn from_detail(detail: &RoleDetail, rest: &Rest) -> Object {
    let mut attributes = Attributes::default();
    attributes.text("name", detail.role_name());
    attributes.text("path", detail.path());
    attributes.set("trust_policy", document(detail.assume_role_policy_document()));
    attributes.set("managed_policies", attached(detail.attached_managed_policies()));
    let inline = detail.role_policy_list().iter();
    attributes.set(
        "inline_policies",
        inline_policies(inline.map(|policy| (policy.policy_name(), policy.policy_document()))),
    );
    let boundary = detail.permissions_boundary();
    attributes.text("permissions_boundary", boundary.and_then(|limit| limit.permissions_boundary_arn()));
    attributes.text("arn", detail.arn());
    attributes.text("unique_id", detail.role_id());
    attributes.time("created_at", detail.create_date());
    finish(attributes, rest, detail.tags())
}

/// A role read by itself.
pub fn from_parts(role: &Role, managed: &[AttachedPolicy], inline: &[(String, String)]) -> Object {
    let mut attributes = Attributes::default();
    attributes.text("name", Some(role.role_name()));
    attributes.text("path", Some(role.path()));
    attributes.set("trust_policy", document(role.assume_role_policy_document()));
    attributes.set("managed_policies", attached(managed));
    let inline = inline.iter().map(|(name, document)| (Some(name.as_str()), Some(document.as_str())));
    attributes.set("inline_policies", inline_policies(inline));
    let boundary = role.permissions_boundary();
    attributes.text("permissions_boundary", boundary.and_then(|limit| limit.permissions_boundary_arn()));
    attributes.text("arn", Some(role.arn()));
    attributes.text("unique_id", Some(role.role_id()));
    attributes.time("created_at", Some(role.create_date()));
    finish(attributes, &Rest::of(role), role.tags())
}

fn finish(mut attributes: Attributes, rest: &Rest, tags: &[Tag]) -> Object {
    attributes.text("description", Some(rest.description.as_deref().unwrap_or_default()));
    attributes.set("max_session_duration", Value::from(i64::from(rest.max_session_duration.unwrap_or(3600))));
    let owner = attributes.tags(tags.iter().map(|tag| (tag.key(), tag.value())));
    Object {
        attributes: attributes.0,
        owner,
        parent: None,
        phase: Phase::Settled,
        status: "".into(),
        issues: Vec::new(),
    }
}

fn attached(policies: &[AttachedPolicy]) -> Value {
    let arns: Vec<&str> = policies.iter().filter_map(AttachedPolicy::policy_arn).collect();
    texts(&arns)
}

fn inline_policies<'a>(policies: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Value {
    let entries = policies.filter_map(|(name, text)| Some((name?.into(), document(text))));
    Value::map(entries.collect::<Map>())
}

/// A policy document's JSON text. IAM returns it percent-encoded.
pub fn document(encoded: Option<&str>) -> Value {
    match encoded {
        // Encoded text has no brace; this one came as it is.
        Some(text) if text.trim_start().starts_with('{') => Value::from(text),
        Some(text) => Value::from(percent_decode_str(text).decode_utf8_lossy().into_owned()),
        None => Value::NULL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_once() {
        for (encoded, text) in [
            ("%7B%22Version%22%3A%222012-10-17%22%7D", r#"{"Version":"2012-10-17"}"#),
            ("%7B%22a%22%3A%22100%25%2Bb%20c%22%7D", r#"{"a":"100%+b c"}"#),
            (r#"{"a":"%41"}"#, r#"{"a":"%41"}"#),
        ] {
            assert_eq!(document(Some(encoded)), Value::from(text));
        }
        assert!(document(None).is_null());
    }
}
