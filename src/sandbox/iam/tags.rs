//! Tags on roles and policies. Keys keep their case but are told apart without it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::error::{Answer, AwsError};
use super::managed::{self, Policy};
use super::role::{modifiable, named};
use super::{done, limit, short_list};

/// By lower-case key: the key as it was given, and the value.
pub(crate) type Tags = BTreeMap<String, (String, String)>;

const MOST: usize = 50;

/// `[{"Key": …, "Value": …}]`
pub(super) fn list(tags: &Tags) -> Value {
    tags.values().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// The `Tags` of a request.
pub(super) fn from_input(call: &Call<'_>) -> Result<Tags, AwsError> {
    let mut tags = Tags::new();
    for tag in call.input.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        let text = |member: &str| tag.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (key, value) = (text("Key"), text("Value"));
        let lower = key.to_lowercase();
        if lower.starts_with("aws:") {
            let text = format!("Tag keys may not start with the reserved prefix aws: ({key})");
            return Err(AwsError::new("InvalidInput", text));
        }
        if tags.insert(lower, (key, value)).is_some() {
            let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(AwsError::new("InvalidInput", text));
        }
    }
    Ok(tags)
}

fn add(call: &Call<'_>, tags: &mut Tags) -> Result<(), AwsError> {
    tags.extend(from_input(call)?);
    if tags.len() > MOST {
        return Err(limit(format!("Cannot exceed quota for TagsPerEntity: {MOST}")));
    }
    Ok(())
}

fn remove(call: &Call<'_>, tags: &mut Tags) {
    for key in
        call.input.get("TagKeys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    {
        tags.remove(&key.to_lowercase());
    }
}

fn page(call: &Call<'_>, tags: &Tags) -> Answer {
    let Value::Array(items) = list(tags) else {
        return done();
    };
    short_list(call, "Tags", items)
}

pub(super) fn tag_role(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    add(call, &mut role.tags)?;
    call.save(&role.key(call), &role);
    done()
}

pub(super) fn untag_role(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    remove(call, &mut role.tags);
    call.save(&role.key(call), &role);
    done()
}

pub(super) fn list_role(call: &mut Call<'_>) -> Answer {
    let role = named(call)?;
    page(call, &role.tags)
}

fn change_policy(
    call: &mut Call<'_>,
    change: impl Fn(&Call<'_>, &mut Policy) -> Result<(), AwsError>,
) -> Answer {
    let (key, mut policy) = managed::own(call)?;
    change(call, &mut policy)?;
    call.save(&key, &policy);
    done()
}

pub(super) fn tag_policy(call: &mut Call<'_>) -> Answer {
    change_policy(call, |call, policy| add(call, &mut policy.tags))
}

pub(super) fn untag_policy(call: &mut Call<'_>) -> Answer {
    change_policy(call, |call, policy| {
        remove(call, &mut policy.tags);
        Ok(())
    })
}

pub(super) fn list_policy(call: &mut Call<'_>) -> Answer {
    let (_, policy) = managed::own(call)?;
    page(call, &policy.tags)
}
