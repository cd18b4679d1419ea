//! Versions of managed policies.

use serde_json::json;

use super::super::call::Call;
use super::super::error::{Answer, AwsError};
use super::managed::{self, Policy};
use super::{done, limit, missing, short_list};

const MOST: usize = 5;

fn number(policy: &Policy, id: &str) -> Result<u64, AwsError> {
    let number = id.strip_prefix('v').and_then(|id| id.parse().ok());
    number.filter(|number| policy.versions.contains_key(number)).ok_or_else(|| {
        missing(format!("Policy {} version {id} does not exist or is not attachable.", policy.arn))
    })
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let (key, mut policy) = managed::own(call)?;
    let text = call.required("PolicyDocument");
    managed::check_document(&text)?;
    if policy.versions.len() >= MOST {
        return Err(limit(format!(
            "A managed policy can have up to {MOST} versions. Before you create a new version, you must delete an \
             existing version."
        )));
    }
    let made = policy.next_version;
    policy.next_version += 1;
    policy.versions.insert(made, (text, call.now));
    policy.updated = call.now;
    if call.flag("SetAsDefault") == Some(true) {
        policy.default = format!("v{made}");
    }
    call.save(&key, &policy);
    Ok(json!({"PolicyVersion": policy.version_view(made, false)}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let policy = managed::named(call)?;
    let number = number(&policy, &call.required("VersionId"))?;
    Ok(json!({"PolicyVersion": policy.version_view(number, true)}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let policy = managed::named(call)?;
    let versions = policy.versions.keys().rev().map(|number| policy.version_view(*number, false));
    short_list(call, "Versions", versions.collect())
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (key, mut policy) = managed::own(call)?;
    let id = call.required("VersionId");
    let number = number(&policy, &id)?;
    if policy.default == format!("v{number}") {
        return Err(AwsError::new("DeleteConflict", "Cannot delete the default version of a policy."));
    }
    policy.versions.remove(&number);
    call.save(&key, &policy);
    done()
}

pub(super) fn set_default(call: &mut Call<'_>) -> Answer {
    let (key, mut policy) = managed::own(call)?;
    let number = number(&policy, &call.required("VersionId"))?;
    policy.default = format!("v{number}");
    policy.updated = call.now;
    call.save(&key, &policy);
    done()
}
