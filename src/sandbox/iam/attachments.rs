//! Managed policies on roles.

use serde_json::{Value, json};

use super::super::call::{Arn, Call};
use super::super::error::{Answer, AwsError};
use super::role::{Role, attached_view, modifiable, named};
use super::{done, limit, managed, missing, short_list};

/// The default quota.
const PER_ROLE: usize = 10;

/// That a text is a policy's ARN at all.
pub(super) fn check_arn(arn: &str) -> Result<(), AwsError> {
    let valid = Arn::parse(arn).is_some_and(|arn| arn.service == "iam" && arn.region.is_empty());
    if valid { Ok(()) } else { Err(AwsError::new("InvalidInput", format!("ARN {arn} is not valid."))) }
}

pub(super) fn attach(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    let arn = call.required("PolicyArn");
    check_arn(&arn)?;
    if !managed::exists(call.store, &call.account, &arn) {
        return Err(missing(format!("Policy {arn} does not exist or is not attachable.")));
    }
    if arn.contains(":policy/aws-service-role/") {
        let text = format!("Cannot attach a Service Role Policy to a Customer Role. ({arn})");
        return Err(AwsError::new("PolicyNotAttachable", text));
    }
    if role.attached.contains(&arn) {
        return done();
    }
    if role.attached.len() >= PER_ROLE {
        return Err(limit(format!("Cannot exceed quota for PoliciesPerRole: {PER_ROLE}")));
    }
    role.attached.push(arn);
    call.save(&role.key(call), &role);
    done()
}

pub(super) fn detach(call: &mut Call<'_>) -> Answer {
    let mut role = modifiable(call)?;
    let arn = call.required("PolicyArn");
    check_arn(&arn)?;
    let before = role.attached.len();
    role.attached.retain(|attached| *attached != arn);
    if role.attached.len() == before {
        return Err(missing(format!("Policy {arn} was not found.")));
    }
    call.save(&role.key(call), &role);
    done()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let role = named(call)?;
    let under = call.text("PathPrefix").unwrap_or_else(|| "/".to_owned());
    let policies = role.attached.iter().filter(|arn| managed::path(arn).starts_with(&under));
    short_list(call, "AttachedPolicies", policies.map(|arn| attached_view(arn)).collect())
}

pub(super) fn entities(call: &mut Call<'_>) -> Answer {
    let arn = call.required("PolicyArn");
    check_arn(&arn)?;
    if !managed::exists(call.store, &call.account, &arn) {
        return Err(missing(format!("Policy {arn} was not found.")));
    }
    let usage = call.text("PolicyUsageFilter");
    let wanted = call.text("EntityFilter").is_none_or(|kind| kind == "Role");
    let under = call.text("PathPrefix").unwrap_or_else(|| "/".to_owned());
    let mut roles: Vec<Value> = Vec::new();
    for (_, document) in call.store.range(&call.iam_key(&["role"]), None) {
        let Ok(role) = <Role as serde::Deserialize>::deserialize(document) else {
            continue;
        };
        let permission = usage.as_deref() != Some("PermissionsBoundary") && role.attached.contains(&arn);
        let boundary = usage.as_deref() != Some("PermissionsPolicy") && role.boundary.as_ref() == Some(&arn);
        if wanted && (permission || boundary) && role.path.starts_with(&under) {
            roles.push(json!({"RoleName": role.name, "RoleId": role.id}));
        }
    }
    let mut answer = short_list(call, "PolicyRoles", roles)?;
    answer["PolicyGroups"] = json!([]);
    answer["PolicyUsers"] = json!([]);
    Ok(answer)
}
