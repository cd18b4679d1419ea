//! The stored role.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::call::{Arn, Call, iam_key, load, seconds};
use super::super::error::AwsError;
use super::super::store::Store;
use super::{document, encoded, managed, missing, tags, visibility};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) arn: String,
    pub(crate) created: i64,
    pub(crate) trust: String,
    /// The ids of the roles the trust policy names. AWS keeps the id: a role made anew under the name is another.
    #[serde(default)]
    pub(crate) trusted_ids: BTreeMap<String, String>,
    pub(crate) description: String,
    pub(crate) max_session: i64,
    #[serde(default)]
    pub(crate) boundary: Option<String>,
    #[serde(default)]
    pub(crate) inline: BTreeMap<String, String>,
    /// ARNs, oldest attachment first.
    #[serde(default)]
    pub(crate) attached: Vec<String>,
    /// By lower-case key, since case does not tell keys apart.
    #[serde(default)]
    pub(crate) tags: tags::Tags,
}

/// The role of this name in an account; case does not tell names apart.
pub(crate) fn role_by_name(store: &Store, account: &str, name: &str) -> Option<Role> {
    load(store, &iam_key(account, &["role", &name.to_ascii_lowercase()]))
}

/// The role of exactly this ARN.
pub(crate) fn role_by_arn(store: &Store, arn: &str) -> Option<Role> {
    let parsed = Arn::parse(arn)?;
    role_by_name(store, parsed.account, parsed.role_name()?).filter(|role| role.arn == arn)
}

impl Role {
    pub(super) fn key(&self, call: &Call<'_>) -> String {
        call.iam_key(&["role", &self.name.to_ascii_lowercase()])
    }

    /// The trust policy as IAM shows it: a role that was deleted is shown as its id.
    pub(crate) fn trust_now(&self, store: &Store) -> String {
        let gone: Vec<(&String, &String)> = self
            .trusted_ids
            .iter()
            .filter(|(arn, id)| role_by_arn(store, arn).is_none_or(|role| role.id != **id))
            .collect();
        if gone.is_empty() {
            return self.trust.clone();
        }
        let Ok(mut trust) = serde_json::from_str::<Value>(&self.trust) else {
            return self.trust.clone();
        };
        document::map_principals(&mut trust, &|principal| {
            gone.iter().find(|(arn, _)| *arn == principal).map(|(_, id)| (*id).clone())
        });
        trust.to_string()
    }

    /// The permissions boundary member.
    fn boundary_view(&self) -> Option<Value> {
        let arn = self.boundary.as_ref()?;
        Some(json!({"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": arn}))
    }

    /// The members all views share.
    fn base(&self, store: &Store) -> Map<String, Value> {
        let mut view = Map::new();
        let mut put = |member: &str, value: Value| view.insert(member.to_owned(), value);
        put("Path", json!(self.path));
        put("RoleName", json!(self.name));
        put("RoleId", json!(self.id));
        put("Arn", json!(self.arn));
        put("CreateDate", seconds(self.created));
        put("AssumeRolePolicyDocument", json!(encoded(&self.trust_now(store))));
        view
    }

    /// As ListRoles and instance profiles show it: without tags and boundary.
    pub(super) fn listed(&self, store: &Store) -> Value {
        let mut view = self.base(store);
        if !self.description.is_empty() {
            view.insert("Description".to_owned(), json!(self.description));
        }
        view.insert("MaxSessionDuration".to_owned(), json!(self.max_session));
        Value::Object(view)
    }

    /// As GetRole shows it.
    pub(super) fn shown(&self, store: &Store) -> Value {
        let mut view = self.listed(store);
        if let Some(boundary) = self.boundary_view() {
            view["PermissionsBoundary"] = boundary;
        }
        if !self.tags.is_empty() {
            view["Tags"] = tags::list(&self.tags);
        }
        view["RoleLastUsed"] = json!({});
        view
    }

    /// As GetAccountAuthorizationDetails shows it: with policies, without description and session duration.
    pub(super) fn detailed(&self, store: &Store, profiles: Vec<Value>) -> Value {
        let mut view = Value::Object(self.base(store));
        view["InstanceProfileList"] = Value::Array(profiles);
        let inline = self.inline.iter();
        view["RolePolicyList"] = inline
            .map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": encoded(document)}))
            .collect();
        view["AttachedManagedPolicies"] = self.attached.iter().map(|arn| attached_view(arn)).collect();
        if let Some(boundary) = self.boundary_view() {
            view["PermissionsBoundary"] = boundary;
        }
        view["Tags"] = tags::list(&self.tags);
        view["RoleLastUsed"] = json!({});
        view
    }

    /// Whether any policy of the role allows an action on something. Conditions and boundary are not looked at.
    pub(crate) fn allows(&self, store: &Store, action: &str) -> bool {
        let attached = self.attached.iter().filter_map(|arn| managed::default_document(store, arn));
        let mut documents = self.inline.values().cloned().chain(attached);
        documents.any(|document| document::allows_action(&document, action))
    }
}

/// `{"PolicyName": …, "PolicyArn": …}`
pub(super) fn attached_view(arn: &str) -> Value {
    json!({"PolicyName": arn.rsplit('/').next().unwrap_or(arn), "PolicyArn": arn})
}

/// The role a request names, as the caller of a read sees it.
pub(super) fn named(call: &Call<'_>) -> Result<Role, AwsError> {
    let name = call.required("RoleName");
    let key = call.iam_key(&["role", &name.to_ascii_lowercase()]);
    let reads = call.operation.starts_with("Get") || call.operation.starts_with("List");
    let role = if reads {
        let seen = visibility::seen(call, &key, call.store.get(&key));
        seen.and_then(|document| serde_json::from_value(document).ok())
    } else {
        call.load(&key)
    };
    role.ok_or_else(|| missing(format!("The role with name {name} cannot be found.")))
}

/// The role a request names, to be changed: a service's own role cannot be.
pub(super) fn modifiable(call: &Call<'_>) -> Result<Role, AwsError> {
    let role = named(call)?;
    if role.path.starts_with("/aws-service-role/") {
        let text = format!(
            "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
            role.name
        );
        return Err(AwsError::new("UnmodifiableEntity", text));
    }
    Ok(role)
}
