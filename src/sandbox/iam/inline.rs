//! Inline policies of roles.

use serde_json::{Value, json};

use super::super::call::Call;
use super::super::error::Answer;
use super::document::{self, Kind};
use super::role::{modifiable, named};
use super::{done, encoded, limit, missing, short_list};

/// Characters of all inline policies of a role together, white space not counted.
const TOTAL: usize = 10_240;

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    let text = call.required("PolicyDocument");
    document::check(&text, Kind::Identity)?;
    role.inline.insert(call.required("PolicyName"), text);
    if role.inline.values().map(|document| document::size(document)).sum::<usize>() > TOTAL {
        return Err(limit(format!("Maximum policy size of {TOTAL} bytes exceeded for role {}", role.name)));
    }
    call.save(&role.key(call), &role);
    done()
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let (role, name) = (named(call)?, call.required("PolicyName"));
    let document = role.inline.get(&name);
    let document =
        document.ok_or_else(|| missing(format!("The role policy with name {name} cannot be found.")))?;
    Ok(json!({"RoleName": role.name, "PolicyName": name, "PolicyDocument": encoded(document)}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (mut role, name) = (modifiable(call)?, call.required("PolicyName"));
    if role.inline.remove(&name).is_none() {
        return Err(missing(format!("The role policy with name {name} cannot be found.")));
    }
    call.save(&role.key(call), &role);
    done()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let role = named(call)?;
    short_list(call, "PolicyNames", role.inline.keys().map(|name| Value::String(name.clone())).collect())
}
