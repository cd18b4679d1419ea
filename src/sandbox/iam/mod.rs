//! IAM: the operations and what they share.

mod attachments;
mod boundary;
mod details;
pub(crate) mod document;
mod inline;
mod instance_profiles;
mod managed;
mod role;
mod roles;
mod tags;
mod versions;
mod visibility;

use serde_json::{Map, Value};

use super::call::Call;
use super::error::{Answer, AwsError};
use super::model::{Violation, ViolationKind};

pub(crate) use document::{trust_allows_service, wildcard};
pub(crate) use role::{Role, role_by_arn, role_by_name};
pub(crate) use visibility::{hide_changes, visible_role_by_arn};

pub(super) fn answer(call: &mut Call<'_>) -> Answer {
    match call.operation {
        "CreateRole" => roles::create(call),
        "GetRole" => roles::get(call),
        "ListRoles" => roles::list(call),
        "UpdateRole" | "UpdateRoleDescription" => roles::update(call),
        "UpdateAssumeRolePolicy" => roles::update_trust(call),
        "DeleteRole" => roles::delete(call),
        "PutRolePolicy" => inline::put(call),
        "GetRolePolicy" => inline::get(call),
        "DeleteRolePolicy" => inline::delete(call),
        "ListRolePolicies" => inline::list(call),
        "AttachRolePolicy" => attachments::attach(call),
        "DetachRolePolicy" => attachments::detach(call),
        "ListAttachedRolePolicies" => attachments::list(call),
        "ListEntitiesForPolicy" => attachments::entities(call),
        "PutRolePermissionsBoundary" => boundary::put(call),
        "DeleteRolePermissionsBoundary" => boundary::delete(call),
        "TagRole" => tags::tag_role(call),
        "UntagRole" => tags::untag_role(call),
        "ListRoleTags" => tags::list_role(call),
        "TagPolicy" => tags::tag_policy(call),
        "UntagPolicy" => tags::untag_policy(call),
        "ListPolicyTags" => tags::list_policy(call),
        "CreateInstanceProfile" => instance_profiles::create(call),
        "GetInstanceProfile" => instance_profiles::get(call),
        "DeleteInstanceProfile" => instance_profiles::delete(call),
        "ListInstanceProfiles" => instance_profiles::list(call),
        "ListInstanceProfilesForRole" => instance_profiles::list_for_role(call),
        "AddRoleToInstanceProfile" => instance_profiles::add_role(call),
        "RemoveRoleFromInstanceProfile" => instance_profiles::remove_role(call),
        "CreatePolicy" => managed::create(call),
        "GetPolicy" => managed::get(call),
        "DeletePolicy" => managed::delete(call),
        "ListPolicies" => managed::list(call),
        "CreatePolicyVersion" => versions::create(call),
        "GetPolicyVersion" => versions::get(call),
        "DeletePolicyVersion" => versions::delete(call),
        "ListPolicyVersions" => versions::list(call),
        "SetDefaultPolicyVersion" => versions::set_default(call),
        "GetAccountAuthorizationDetails" => details::get(call),
        other => {
            let text = format!("The sandbox does not implement {other}");
            Err(AwsError::new("ServiceFailure", text).status(501))
        }
    }
}

/// A shape's violations in IAM's words; names that do not fit their pattern have a text of their own.
pub(super) fn validation(found: &[Violation]) -> AwsError {
    if let [one] = found
        && one.kind == ViolationKind::Pattern
        && ["roleName", "policyName", "instanceProfileName"].contains(&one.path.as_str())
    {
        let text = format!(
            "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the \
             following: +=,.@_-",
            one.path
        );
        return AwsError::new("ValidationError", text);
    }
    AwsError::validation("ValidationError", found)
}

fn missing(text: String) -> AwsError {
    AwsError::new("NoSuchEntity", text)
}

fn limit(text: impl Into<String>) -> AwsError {
    AwsError::new("LimitExceeded", text)
}

/// A policy document as IAM returns it: percent-encoded as RFC 3986 has it.
pub(super) fn encoded(document: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(document.len() * 2);
    for byte in document.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out
}

/// The `MaxItems` of a list.
fn max_items(call: &Call<'_>) -> usize {
    call.number("MaxItems").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100)
}

fn bad_marker() -> AwsError {
    AwsError::new("ValidationError", "Invalid Marker.")
}

/// `{"<member>": items, "IsTruncated": …, "Marker": …}`
fn listing(member: &str, items: Vec<Value>, next: Option<String>) -> Value {
    let mut answer = Map::new();
    answer.insert(member.to_owned(), Value::Array(items));
    answer.insert("IsTruncated".to_owned(), Value::Bool(next.is_some()));
    if let Some(next) = next {
        answer.insert("Marker".to_owned(), Value::String(next));
    }
    Value::Object(answer)
}

/// A page of a short list that belongs to one object; the marker is the number of items before it.
fn short_list(call: &Call<'_>, member: &str, items: Vec<Value>) -> Answer {
    let start = match call.text("Marker") {
        None => 0,
        Some(marker) => match marker.strip_prefix("after-").and_then(|marker| marker.parse::<usize>().ok()) {
            Some(start) if start <= items.len() => start,
            _ => return Err(bad_marker()),
        },
    };
    let end = start.saturating_add(max_items(call)).min(items.len());
    let next = (end < items.len()).then(|| format!("after-{end}"));
    Ok(listing(member, items[start..end].to_vec(), next))
}

/// An answer without members.
fn done() -> Answer {
    Ok(Value::Object(Map::new()))
}
