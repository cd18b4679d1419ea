//! What there is of a cluster: itself, its add-ons, its associations, and the roles these name.

use crate::kinds::{self, RefersBy, identity};
use crate::live::{Fact, Members, Object, Snapshot};
use crate::value::{Identity, Place, ProviderRef, Text, Want};
use std::collections::{BTreeMap, BTreeSet};

/// What has to be read to know all of a cluster; nothing more once it is known.
pub fn wants(provider: &ProviderRef, cluster: &str, snapshot: &Snapshot) -> BTreeSet<Want> {
    let mut wants = BTreeSet::new();
    let symbolic = |identity: &Identity<Place>| Want::Object(identity.within(provider.clone()));
    let Some(place) = snapshot.place(provider, true) else {
        wants.insert(Want::Caller(provider.clone()));
        wants.insert(Want::Object(identity(provider, "cluster", &[cluster])));
        wants.insert(Want::Members { provider: provider.clone(), cluster: cluster.into() });
        return wants;
    };
    let survey = Survey::new(&place, cluster, snapshot);
    if !snapshot.members.contains_key(&survey.cluster) {
        wants.insert(Want::Members { provider: provider.clone(), cluster: cluster.into() });
    }
    wants.extend(survey.all().filter(|identity| snapshot.object(identity).is_none()).map(symbolic));
    wants
}

/// What has to be read to know what EKS says about the version a live add-on is at; `None` once it is known.
pub fn configuration_want(
    provider: &ProviderRef,
    addon: &Identity<Place>,
    object: &Object,
    snapshot: &Snapshot,
) -> Option<Want> {
    let want = Want::AddonConfiguration {
        provider: provider.clone(),
        addon: addon.part(1).into(),
        version: object.text("version").into(),
    };
    (!snapshot.answers(&want, &addon.scope)).then_some(want)
}

/// A cluster and what belongs to it.
pub struct Survey<'s> {
    snapshot: &'s Snapshot,
    pub cluster: Identity<Place>,
    pub members: Option<&'s Members>,
    pub addons: Vec<Identity<Place>>,
    /// Those that stand on their own.
    pub associations: Vec<Identity<Place>>,
    /// Every role that one of them names, by ARN.
    pub roles: BTreeMap<Text, Role>,
    /// Roles of the account, each with those that name it.
    users_of: BTreeMap<Identity<Place>, BTreeSet<Identity<Place>>>,
    roles_of: BTreeMap<Identity<Place>, Vec<Identity<Place>>>,
}

/// A role that something names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A role of the account.
    Here(Identity<Place>),
    /// One that is not the account's to manage, and why.
    Elsewhere(String),
}

impl Role {
    /// The role, if it is one of the account.
    pub fn here(&self) -> Option<&Identity<Place>> {
        match self {
            Self::Here(identity) => Some(identity),
            Self::Elsewhere(_) => None,
        }
    }
}

impl<'s> Survey<'s> {
    pub fn new(place: &Place, name: &str, snapshot: &'s Snapshot) -> Self {
        let cluster = identity(place, "cluster", &[name]);
        let members = snapshot.members.get(&cluster).and_then(Fact::known);
        let mut survey = Self {
            snapshot,
            members,
            addons: Vec::new(),
            associations: Vec::new(),
            roles: BTreeMap::new(),
            users_of: BTreeMap::new(),
            roles_of: BTreeMap::new(),
            cluster,
        };
        if let Some(members) = members {
            survey.addons =
                members.addons.iter().map(|addon| identity(place, "addon", &[name, addon])).collect();
            let free = members.associations.iter().filter(|member| member.owner_arn.is_none());
            survey.associations = free
                .map(|member| {
                    let key = [name, &member.namespace, &member.service_account];
                    identity(place, "pod_identity_association", &key)
                })
                .collect();
            survey.addons.sort();
            survey.associations.sort();
        }
        let all = [survey.cluster.clone()].into_iter().chain(survey.addons.clone());
        for user in all.chain(survey.associations.clone()) {
            survey.read_roles(&user, place);
        }
        survey
    }

    /// The cluster, what lives in it, and the roles of the account that these name.
    pub fn all(&self) -> impl Iterator<Item = &Identity<Place>> {
        let roles: BTreeSet<&Identity<Place>> = self.roles.values().filter_map(Role::here).collect();
        self.users().chain(roles)
    }

    /// The cluster and what lives in it.
    pub fn users(&self) -> impl Iterator<Item = &Identity<Place>> {
        [&self.cluster].into_iter().chain(&self.addons).chain(&self.associations)
    }

    /// What is known of an object.
    pub fn object(&self, identity: &Identity<Place>) -> Option<&'s Object> {
        self.snapshot.object(identity)?.known()
    }

    /// Why an object could not be read, if that is so.
    pub fn denied(&self, identity: &Identity<Place>) -> Option<&'s str> {
        match self.snapshot.object(identity)? {
            Fact::Denied(why) => Some(why),
            _ => None,
        }
    }

    /// Who names a role.
    pub fn users_of(&self, role: &Identity<Place>) -> impl Iterator<Item = &Identity<Place>> {
        self.users_of.get(role).into_iter().flatten()
    }

    /// The roles of the account that an object names.
    pub fn roles_of(&self, user: &Identity<Place>) -> impl Iterator<Item = &Identity<Place>> {
        self.roles_of.get(user).into_iter().flatten()
    }

    fn read_roles(&mut self, user: &Identity<Place>, place: &Place) {
        let (Some(object), Some(schema)) = (self.object(user), kinds::schema(&user.kind)) else { return };
        for (refers, arn) in kinds::references(schema.attributes, &object.attributes) {
            if (refers.kind, refers.by) != ("role", RefersBy::Arn) || arn.is_empty() {
                continue;
            }
            let role = self.roles.entry(arn.into()).or_insert_with(|| role(arn, place));
            if let Role::Here(role) = role {
                self.users_of.entry(role.clone()).or_default().insert(user.clone());
                self.roles_of.entry(user.clone()).or_default().push(role.clone());
            }
        }
    }
}

/// What a role's ARN leads to.
pub(super) fn role(arn: &str, place: &Place) -> Role {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, "iam", _, account, resource] = parts.as_slice() else {
        return Role::Elsewhere("this is no role's ARN".to_string());
    };
    let Some((path, name)) =
        resource.strip_prefix("role/").map(|rest| rest.rsplit_once('/').unwrap_or(("", rest)))
    else {
        return Role::Elsewhere("this is no role's ARN".to_string());
    };
    if **account != *place.account {
        return Role::Elsewhere(format!("of account {account}"));
    }
    if path == "aws-service-role" || path.starts_with("aws-service-role/") {
        return Role::Elsewhere("service-linked: AWS manages it".to_string());
    }
    let place = place.global();
    Role::Here(identity(&place, "role", &[name]))
}
