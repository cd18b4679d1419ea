//! Roles: create, get, list, update, delete.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::call::{Call, UPPER, id_text};
use super::super::error::{Answer, AwsError};
use super::document::{self, Kind};
use super::role::{Role, modifiable, named, role_by_arn};
use super::{bad_marker, boundary, done, instance_profiles, limit, listing, max_items, tags, visibility};

/// Characters of a trust policy, white space not counted. The default quota.
const TRUST_SIZE: usize = 2048;

fn checked_trust(call: &Call<'_>, text: &str) -> Result<BTreeMap<String, String>, AwsError> {
    let policy = document::check(text, Kind::Trust)?;
    let mut ids = BTreeMap::new();
    for principal in document::principals(&policy, "AWS") {
        document::check_aws_principal(call.store, &call.account, &principal)?;
        if let Some(role) = role_by_arn(call.store, &principal) {
            ids.insert(principal, role.id);
        }
    }
    if document::size(text) > TRUST_SIZE {
        return Err(limit(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_SIZE}")));
    }
    Ok(ids)
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("RoleName");
    let key = call.iam_key(&["role", &name.to_ascii_lowercase()]);
    let tags = tags::from_input(call)?;
    let trust = call.required("AssumeRolePolicyDocument");
    let boundary = call.text("PermissionsBoundary");
    if let Some(arn) = &boundary {
        boundary::check(call, arn)?;
    }
    if call.store.get(&key).is_some() {
        return Err(AwsError::new("EntityAlreadyExists", format!("Role with name {name} already exists.")));
    }
    let trusted_ids = checked_trust(call, &trust)?;
    let path = call.text("Path").unwrap_or_else(|| "/".to_owned());
    let seed = call.seed(&key);
    let role = Role {
        id: format!("AROA{}", id_text(&seed, 17, UPPER)),
        arn: format!("arn:{}:iam::{}:role{path}{name}", call.partition, call.account),
        name,
        path,
        created: call.now,
        trust,
        trusted_ids,
        description: call.text("Description").unwrap_or_default(),
        max_session: call.number("MaxSessionDuration").unwrap_or(3600),
        boundary,
        inline: BTreeMap::new(),
        attached: Vec::new(),
        tags,
    };
    call.save(&key, &role);
    let mut view = role.shown(call.store);
    if let Value::Object(view) = &mut view {
        view.remove("RoleLastUsed");
    }
    Ok(json!({"Role": view}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let role = named(call)?;
    Ok(json!({"Role": role.shown(call.store)}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let under = call.text("PathPrefix").unwrap_or_else(|| "/".to_owned());
    let hidden = visibility::anything_hidden(call);
    let (roles, next) = call
        .page(&call.iam_key(&["role"]), max_items(call), call.text("Marker").as_deref(), |key, document| {
            let role = visibility::role(call, hidden, key, document)?;
            role.path.starts_with(&under).then_some(role)
        })
        .map_err(|_| bad_marker())?;
    let roles = roles.iter().map(|role| role.listed(call.store)).collect();
    Ok(listing("Roles", roles, next))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    if let Some(description) = call.text("Description") {
        role.description = description;
    }
    if let Some(max_session) = call.number("MaxSessionDuration") {
        role.max_session = max_session;
    }
    call.save(&role.key(call), &role);
    if call.operation == "UpdateRoleDescription" {
        return Ok(json!({"Role": role.listed(call.store)}));
    }
    done()
}

pub(super) fn update_trust(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    let trust = call.required("PolicyDocument");
    role.trusted_ids = checked_trust(call, &trust)?;
    role.trust = trust;
    call.save(&role.key(call), &role);
    done()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let role = modifiable(call)?;
    let refuse = |text: &str| Err(AwsError::new("DeleteConflict", text));
    if !instance_profiles::of_role(call, &role.name).is_empty() {
        return refuse("Cannot delete entity, must remove roles from instance profile first.");
    }
    if !role.attached.is_empty() {
        return refuse("Cannot delete entity, must detach all policies first.");
    }
    if !role.inline.is_empty() {
        return refuse("Cannot delete entity, must delete policies first.");
    }
    let key = role.key(call);
    call.store.remove(&key);
    done()
}
