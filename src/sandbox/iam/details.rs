//! GetAccountAuthorizationDetails: everything about roles and policies in one paged answer.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::error::Answer;
use super::managed::{self, Policy};
use super::role::Role;
use super::{bad_marker, instance_profiles, max_items, visibility};

enum Entity {
    Role(Box<Role>),
    Policy(Box<Policy>),
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let filter: Vec<&str> = call
        .input
        .get("Filter")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let wanted = |kind: &str| filter.is_empty() || filter.contains(&kind);
    let prefix = call.iam_key(&[]);
    let (role_keys, policy_keys) = (format!("{prefix}/role/"), format!("{prefix}/policy/"));
    let hidden = visibility::anything_hidden(call);
    let (entities, next) = call
        .page(&prefix, max_items(call), call.text("Marker").as_deref(), |key, document| {
            if wanted("Role") && key.starts_with(&role_keys) {
                let role = visibility::role(call, hidden, key, document)?;
                Some(Entity::Role(Box::new(role)))
            } else if wanted("LocalManagedPolicy") && key.starts_with(&policy_keys) {
                Policy::deserialize(document).ok().map(|policy| Entity::Policy(Box::new(policy)))
            } else {
                None
            }
        })
        .map_err(|_| bad_marker())?;

    let needs_uses = wanted("LocalManagedPolicy") || wanted("AWSManagedPolicy");
    let uses = if needs_uses { managed::uses(call) } else { Default::default() };
    let profiles = instance_profiles::any(call);
    let mut roles = Vec::new();
    let mut policies = Vec::new();
    for entity in entities {
        match entity {
            Entity::Role(role) => {
                let profiles =
                    if profiles { instance_profiles::of_role(call, &role.name) } else { Vec::new() };
                roles.push(role.detailed(call.store, profiles));
            }
            Entity::Policy(policy) => {
                policies.push(policy.detailed(uses.get(&policy.arn).copied().unwrap_or_default()));
            }
        }
    }
    if next.is_none() && wanted("AWSManagedPolicy") {
        let used: BTreeSet<&String> = uses.keys().filter(|arn| arn.contains(":iam::aws:policy/")).collect();
        for arn in used {
            if let Some(policy) = managed::by_arn(call.store, arn) {
                policies.push(policy.detailed(uses.get(arn).copied().unwrap_or_default()));
            }
        }
    }
    let mut answer = json!({
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": policies,
        "IsTruncated": next.is_some(),
    });
    if let Some(next) = next {
        answer["Marker"] = json!(next);
    }
    Ok(answer)
}
