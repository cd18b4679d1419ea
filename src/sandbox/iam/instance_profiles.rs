//! Instance profiles, as far as roles need them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::call::{Call, UPPER, id_text, seconds};
use super::super::error::{Answer, AwsError};
use super::role::{modifiable, named, role_by_name};
use super::{bad_marker, done, limit, listing, max_items, missing, short_list, tags};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Profile {
    name: String,
    path: String,
    id: String,
    arn: String,
    created: i64,
    role: Option<String>,
    tags: tags::Tags,
}

impl Profile {
    fn view(&self, call: &Call<'_>) -> Value {
        let role = self.role.as_ref().and_then(|name| role_by_name(call.store, &call.account, name));
        let roles: Vec<Value> = role.iter().map(|role| role.listed(call.store)).collect();
        json!({
            "Path": self.path, "InstanceProfileName": self.name, "InstanceProfileId": self.id, "Arn": self.arn,
            "CreateDate": seconds(self.created), "Roles": roles, "Tags": tags::list(&self.tags),
        })
    }

    fn key(&self, call: &Call<'_>) -> String {
        call.iam_key(&["instance-profile", &self.name.to_ascii_lowercase()])
    }
}

fn load(call: &Call<'_>) -> Result<Profile, AwsError> {
    let name = call.required("InstanceProfileName");
    call.load(&call.iam_key(&["instance-profile", &name.to_ascii_lowercase()]))
        .ok_or_else(|| missing(format!("Instance Profile {name} cannot be found.")))
}

fn all(call: &Call<'_>) -> Vec<Profile> {
    let profiles = call.store.range(&call.iam_key(&["instance-profile"]), None);
    profiles.filter_map(|(_, document)| Profile::deserialize(document).ok()).collect()
}

/// Whether the account has any instance profile.
pub(super) fn any(call: &Call<'_>) -> bool {
    call.store.range(&call.iam_key(&["instance-profile"]), None).next().is_some()
}

/// The instance profiles a role is in.
pub(super) fn of_role(call: &Call<'_>, role: &str) -> Vec<Value> {
    all(call)
        .iter()
        .filter(|profile| profile.role.as_deref() == Some(role))
        .map(|profile| profile.view(call))
        .collect()
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("InstanceProfileName");
    let key = call.iam_key(&["instance-profile", &name.to_ascii_lowercase()]);
    if call.store.get(&key).is_some() {
        return Err(AwsError::new("EntityAlreadyExists", format!("Instance Profile {name} already exists.")));
    }
    let path = call.text("Path").unwrap_or_else(|| "/".to_owned());
    let seed = call.seed(&key);
    let profile = Profile {
        id: format!("AIPA{}", id_text(&seed, 17, UPPER)),
        arn: format!("arn:{}:iam::{}:instance-profile{path}{name}", call.partition, call.account),
        name,
        path,
        created: call.now,
        role: None,
        tags: tags::from_input(call)?,
    };
    call.save(&key, &profile);
    Ok(json!({"InstanceProfile": profile.view(call)}))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    Ok(json!({"InstanceProfile": load(call)?.view(call)}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let profile = load(call)?;
    if profile.role.is_some() {
        let text = "Cannot delete entity, must remove roles from instance profile first.";
        return Err(AwsError::new("DeleteConflict", text));
    }
    let key = profile.key(call);
    call.store.remove(&key);
    done()
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let under = call.text("PathPrefix").unwrap_or_else(|| "/".to_owned());
    let (profiles, next) = call
        .page(
            &call.iam_key(&["instance-profile"]),
            max_items(call),
            call.text("Marker").as_deref(),
            |_, document| {
                Profile::deserialize(document).ok().filter(|profile| profile.path.starts_with(&under))
            },
        )
        .map_err(|_| bad_marker())?;
    Ok(listing("InstanceProfiles", profiles.iter().map(|profile| profile.view(call)).collect(), next))
}

pub(super) fn list_for_role(call: &mut Call<'_>) -> Answer {
    let role = named(call)?;
    short_list(call, "InstanceProfiles", of_role(call, &role.name))
}

pub(super) fn add_role(call: &mut Call<'_>) -> Answer {
    let (mut profile, role) = (load(call)?, modifiable(call)?);
    if profile.role.is_some() {
        return Err(limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    profile.role = Some(role.name);
    call.save(&profile.key(call), &profile);
    done()
}

pub(super) fn remove_role(call: &mut Call<'_>) -> Answer {
    let (mut profile, role) = (load(call)?, modifiable(call)?);
    if profile.role.as_ref() != Some(&role.name) {
        let text = format!("Role {} in Instance Profile {} cannot be found.", role.name, profile.name);
        return Err(missing(text));
    }
    profile.role = None;
    call.save(&profile.key(call), &profile);
    done()
}
